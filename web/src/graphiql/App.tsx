// GraphiQL with the bar above it, inside one provider, so that the bar can open tabs.

import { DocExplorerStore, DOC_EXPLORER_PLUGIN } from '@graphiql/plugin-doc-explorer';
import { HISTORY_PLUGIN, HistoryStore } from '@graphiql/plugin-history';
import { GraphiQLProvider, Tooltip } from '@graphiql/react';
import { GraphiQLInterface } from 'graphiql';

import { Bar } from './Bar';
import { examples } from './examples';
import { fetcher } from './fetcher';

const PLUGINS = [DOC_EXPLORER_PLUGIN, HISTORY_PLUGIN];

export function App() {
  return (
    <GraphiQLProvider
      fetcher={fetcher}
      plugins={PLUGINS}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      defaultTabs={examples.map(({ query, variables }) => ({ query, variables }))}
      inputValueDeprecation
      schemaDescription
    >
      <HistoryStore>
        <DocExplorerStore>
          <Tooltip.Provider>
            <Bar />
          </Tooltip.Provider>
          <main className="bilten-main">
            <GraphiQLInterface defaultEditorToolsVisibility showPersistHeadersSettings />
          </main>
        </DocExplorerStore>
      </HistoryStore>
    </GraphiQLProvider>
  );
}
