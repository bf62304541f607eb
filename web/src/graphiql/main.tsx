// The GraphiQL page. The workers have to be known before anything of the editor is loaded, and its style before ours.

import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './page.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from './App';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no #root.');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
