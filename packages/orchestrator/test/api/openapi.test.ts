import { afterAll, beforeAll, expect, test } from 'vitest';
import { routes } from '../../dist/api/app.js';
import { openDatabase } from '../../dist/db/open.js';
import { freshFolder } from '../databases.ts';
import { openServer, type TestServer } from './server.ts';

type Json = { [key: string]: Json };
let server: TestServer;
let document: Json;
beforeAll(async () => {
  const database = await openDatabase(await freshFolder());
  server = await openServer(database);
  document = (await server.call('GET', '/api/openapi.json')).body;
}, 60_000);
afterAll(async () => {
  await server?.close();
  await server?.deps.database.close();
});

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation: operation as Json })),
  );

test('the description is OpenAPI 3.1, of every route and nothing else', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(document.info).toMatchObject({ title: 'Saltworks', version: expect.any(String) });
  const described = operations().map(({ path, method }) => `${method.toUpperCase()} ${path}`);
  const served = routes.map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
  expect(described.sort()).toEqual(served.sort());
  for (const { operation } of operations()) {
    expect(operation.summary).toEqual(expect.any(String));
    expect(Object.keys(operation.responses)).toContain('default');
  }
});

test('what stands in a path is a parameter of it', () => {
  for (const { path, operation } of operations()) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const parameters = Object.values((operation.parameters ?? {}) as Json);
    const inPath = parameters.filter((parameter) => `${parameter.in}` === 'path');
    expect([path, inPath.map(({ name }) => name)]).toEqual([path, named]);
    for (const parameter of inPath) expect(parameter).toMatchObject({ required: true, schema: { type: 'string' } });
  }
});

test('every reference leads somewhere, every scheme of security is declared', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);
  expect(references.length).toBeGreaterThan(20);
  for (const reference of references) {
    const found = reference
      .slice(2)
      .split('/')
      .reduce<Json | undefined>((at, name) => at?.[name], document);
    expect([reference, typeof found]).toEqual([reference, 'object']);
  }
  const schemes = Object.keys((document.components as Json).securitySchemes);
  for (const { path, operation } of operations()) {
    const named = Object.values((operation.security ?? {}) as Json).flatMap((each) => Object.keys(each));
    for (const name of named) expect(schemes).toContain(name);
    expect([path, named.length > 0]).toEqual([path, path !== '/api/health']);
  }
  const named = Object.keys((document.components as Json).schemas);
  for (const name of ['Campaign', 'Assignment', 'Interaction', 'Batch', 'Drawing', 'Failure']) {
    expect(named.some((each) => each.startsWith(name))).toBe(true);
  }
});
