// The audits of the GraphQL over HTTP specification, as npm's graphql-http brings them.
import { serverAudits } from 'graphql-http';
import { ENDPOINT, authorizedFetch, report } from './harness.mjs';

const passed = [];
const failing = {};
for (const audit of serverAudits({ url: ENDPOINT, fetchFn: authorizedFetch })) {
  const name = `${audit.id} ${audit.name}`;
  let result;
  try {
    result = await audit.fn();
  } catch (error) {
    result = { status: 'error', reason: String(error?.message ?? error) };
  }
  if (result.status === 'ok') passed.push(name);
  else failing[name] = String(result.reason);
}
report({ suite: 'graphql-http-audits', passed, failing });
process.exit(0);
