// octokit_cases.js OUT: the examples of GitHub's webhook events that @octokit/webhooks-examples
// has, a thousand mutations of them, and ajv's verdict on each, a line each:
//
//   {"name":"push/0","schema":"#/definitions/push$event","formats":true,"plain":true,"instance":…}
//
// `formats` is the verdict where `format` asserts, as ajv-formats has them; `plain` where it is
// an annotation. The mutations are the same in every run.
'use strict';

const { writeFileSync } = require('node:fs');
const Ajv = require('ajv');
const addFormats = require('ajv-formats');
const examples = require('@octokit/webhooks-examples/api.github.com/index.json');
const schema = require('@octokit/webhooks-schemas/schema.json');

const MUTATIONS = 1000;
const ID = 'https://octokit.invalid/webhooks.json';

// mulberry32: what is drawn depends on the seed alone.
function generator(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

// Every place of a JSON value that has a parent, as [parent, key].
function places(value, found = []) {
  if (value === null || typeof value !== 'object') return found;
  for (const key of Object.keys(value)) {
    found.push([value, key]);
    places(value[key], found);
  }
  return found;
}

const OTHERS = [null, true, 17, -1, 1.5, '', 'text', [], {}, ['x'], { x: 1 }];
const OUT_OF_RANGE = {
  string: ['', 'x'.repeat(5000), 'not a url', '2026-13-45T99:99:99Z', '\u{1F600}', 'HTTP://X Y/'],
  number: [-1, 0, 0.5, -1e300, 1e300, 9007199254740993, Number.MIN_VALUE],
  boolean: [0, 1, 'true', 'false'],
  object: [{}, null, []],
};

const mutations = {
  drop(parent, key) {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
  },
  retype(parent, key, draw) {
    parent[key] = OTHERS[draw(OTHERS.length)];
  },
  rename(parent, key) {
    if (Array.isArray(parent)) {
      parent.push(parent[key], null);
    } else {
      parent[`${key}x`] = parent[key];
      delete parent[key];
    }
  },
  outOfRange(parent, key, draw) {
    const values = OUT_OF_RANGE[typeof parent[key]];
    parent[key] = values[draw(values.length)];
  },
};

function mutate(instance, draw) {
  const kinds = Object.keys(mutations);
  const kind = kinds[draw(kinds.length)];
  const copy = structuredClone(instance);
  const all = places(copy);
  const [parent, key] = all[draw(all.length)];
  mutations[kind](parent, key, draw);
  return [`${kind} ${key}`, copy];
}

function verdicts(assertFormats) {
  const ajv = new Ajv({ strict: false, validateFormats: assertFormats });
  if (assertFormats) addFormats(ajv);
  ajv.addSchema({ ...schema, $id: ID });
  return (pointer) => ajv.getSchema(ID + pointer);
}

function definitionOf(event) {
  for (const name of [`${event}_event`, `${event}$event`]) {
    if (schema.definitions[name]) return `#/definitions/${name}`;
  }
  throw new Error(`no definition for the event ${event}`);
}

const originals = examples.flatMap(({ name, examples: instances }) =>
  instances.map((instance, index) => ({
    name: `${name}/${index}`,
    schema: definitionOf(name),
    instance,
  })),
);
const withFormats = verdicts(true);
const withoutFormats = verdicts(false);
// Of what is right: a mutation of what is wrong is wrong for the old reason.
const right = originals.filter((item) => withFormats(item.schema)(item.instance));
const draw = generator(2026);
const mutants = Array.from({ length: MUTATIONS }, (_, index) => {
  const original = right[draw(right.length)];
  const [what, instance] = mutate(original.instance, draw);
  return { ...original, name: `${original.name} mutation ${index}: ${what}`, instance };
});

const lines = [...originals, ...mutants].map((item) =>
  JSON.stringify({
    name: item.name,
    schema: item.schema,
    formats: withFormats(item.schema)(item.instance),
    plain: withoutFormats(item.schema)(item.instance),
    instance: item.instance,
  }),
);
writeFileSync(process.argv[2], `${lines.join('\n')}\n`);
