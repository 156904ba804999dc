// A reporter of node --test: writes to the file $BB_SUITE_RECORD what became of each test, as
// {"file: suite > test": [state, detail]} with the states of suite.py.
import fs from 'node:fs';
import path from 'node:path';

const outcomes = {};
const path_to = [];

// Two tests of one suite may have one name.
function unique(name) {
  let candidate = name;
  for (let number = 2; candidate in outcomes; number++) candidate = `${name} (${number})`;
  return candidate;
}

function record({ name, nesting, file, details, skip, todo }, state) {
  const names = [...path_to.slice(0, nesting), name];
  // A file that is itself a failure has no tests to tell of it.
  if (details?.type === 'suite' && state === 'passed') return;
  if (details?.error?.failureType === 'subtestsFailed') return;
  if (nesting === 0 && path.isAbsolute(name) && state === 'passed') return;
  const test = unique(`${path.basename(file ?? name, '.test.js')}: ${names.join(' > ')}`);
  const left = skip !== undefined || todo !== undefined;
  const error = details?.error;
  outcomes[test] = [left ? 'skipped' : state, error ? String(error.cause?.stack ?? error.stack) : ''];
}

export default async function* report(events) {
  for await (const { type, data } of events) {
    if (type === 'test:start') {
      path_to.length = data.nesting;
      path_to.push(data.name);
    } else if (type === 'test:pass') {
      record(data, 'passed');
    } else if (type === 'test:fail') {
      record(data, 'failed');
    } else if (type === 'test:stdout' || type === 'test:stderr') {
      yield data.message;
    }
  }
  const file = process.env.BB_SUITE_RECORD;
  fs.writeFileSync(`${file}.partial`, JSON.stringify(outcomes, null, 1));
  fs.renameSync(`${file}.partial`, file);
}
