// ajv_peer.js SCHEMA INSTANCE [FOLDER]: ajv's time for one text (JSON.parse and validation, formats
// asserted) and for compiling the schema; prints one JSON object, times in microseconds.
//
// ajv_peer.js SCHEMA --jsonl FILE [FOLDER]: the time for every line of a file that is in memory.
//
// FOLDER holds the schemas that SCHEMA refers to.
'use strict';

const { readFileSync, readdirSync } = require('node:fs');
const { join } = require('node:path');
const Ajv = require('ajv/dist/2020');
const addFormats = require('ajv-formats');

const ROUNDS = 9;
const ROUND_US = 20000;
// Long enough for the last of V8's compilers to have had its turn.
const WARM_UP_US = 300000;

const now = () => Number(process.hrtime.bigint()) / 1000;
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

function compile(schema, others) {
  const ajv = new Ajv({ strict: false });
  addFormats(ajv);
  for (const other of others) ajv.addSchema(other);
  return ajv.compile(schema);
}

function microseconds(action) {
  const warmUpEnd = now() + WARM_UP_US;
  let calls = 0;
  const begin = now();
  while (now() < warmUpEnd) {
    for (let i = 0; i < 100; i += 1) action();
    calls += 100;
  }
  calls = Math.max(1, Math.round((calls * ROUND_US) / (now() - begin)));
  const rounds = Array.from({ length: ROUNDS }, () => {
    const roundBegin = now();
    for (let i = 0; i < calls; i += 1) action();
    return (now() - roundBegin) / calls;
  });
  return rounds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)];
}

const jsonl = process.argv[3] === '--jsonl';
const [schemaPath, instancePath, folder] = process.argv.slice(2).filter((word) => word !== '--jsonl');
const schema = read(schemaPath);
const others = folder ? readdirSync(folder).map((name) => read(join(folder, name))) : [];
const compileBegin = now();
const validate = compile(schema, others);
const result = { compile_first_us: now() - compileBegin };

const text = readFileSync(instancePath, 'utf8');
if (jsonl) {
  const lines = text.split('\n').filter((line) => line !== '');
  const begin = now();
  const valid = lines.filter((line) => validate(JSON.parse(line))).length;
  result.all_us = now() - begin;
  if (valid !== lines.length) throw new Error(`${valid} of ${lines.length} are valid`);
} else {
  if (!validate(JSON.parse(text))) throw new Error(JSON.stringify(validate.errors));
  result.validate_us = microseconds(() => validate(JSON.parse(text)));
  result.parse_us = microseconds(() => JSON.parse(text));
}
console.log(JSON.stringify(result));
