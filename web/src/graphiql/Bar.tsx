// The bar above GraphiQL: examples, the token that is sent with everything, and who that makes you.

import { Button, DropdownMenu, ToolbarButton, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useState } from 'react';

import { useToken, writeToken } from '../token';
import { useViewer, type Viewer } from '../viewer';
import { type Example, examples } from './examples';
import { EyeIcon, EyeOffIcon } from './icons';

function Examples() {
  const { addTab, updateActiveTabValues } = useGraphiQLActions();
  const { queryEditor, variableEditor } = useGraphiQL(({ queryEditor, variableEditor }) => ({
    queryEditor,
    variableEditor,
  }));

  function open({ query, variables }: Example) {
    addTab();
    queryEditor?.setValue(query);
    variableEditor?.setValue(variables ?? '');
    updateActiveTabValues({ query, variables });
  }

  return (
    <DropdownMenu>
      <DropdownMenu.Button className="graphiql-un-styled bilten-examples">Examples</DropdownMenu.Button>
      <DropdownMenu.Content align="start">
        {examples.map((example) => (
          <DropdownMenu.Item key={example.label} onSelect={() => open(example)}>
            {example.label}
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}

function sentence(viewer: Viewer): string {
  switch (viewer.state) {
    case 'anonymous':
      return 'Not signed in';
    case 'asking':
      return 'Asking…';
    case 'known':
      return `Signed in as ${viewer.name}`;
    case 'refused':
      return viewer.message;
  }
}

function Token() {
  const token = useToken();
  const viewer = useViewer(token);
  const [shown, setShown] = useState(false);
  const text = sentence(viewer);
  return (
    // A form keeps password managers and browsers content; it is never sent anywhere.
    <form className="bilten-token" onSubmit={(event) => event.preventDefault()}>
      <span className="bilten-viewer" data-state={viewer.state} role="status" title={text}>
        {text}
      </span>
      <label htmlFor="bilten-token">Token</label>
      <span className="bilten-field">
        <input
          id="bilten-token"
          type={shown ? 'text' : 'password'}
          value={token}
          onChange={(event) => writeToken(event.target.value)}
          placeholder="none: you are anybody"
          aria-describedby="bilten-token-hint"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
        />
        <ToolbarButton
          label={shown ? 'Hide the token' : 'Show the token'}
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
        >
          {shown ? <EyeOffIcon /> : <EyeIcon />}
        </ToolbarButton>
      </span>
      <span id="bilten-token-hint" hidden>
        Sent as a bearer token with every request, and kept in this browser until you clear it.
      </span>
      <Button type="button" disabled={!token} onClick={() => writeToken('')} aria-label="Clear the token">
        Clear
      </Button>
    </form>
  );
}

export function Bar() {
  return (
    <header className="graphiql-container bilten-bar">
      <h1>Bilten</h1>
      <Examples />
      <Token />
    </header>
  );
}
