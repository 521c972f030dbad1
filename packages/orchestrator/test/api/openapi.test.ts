import { readdirSync } from 'node:fs';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import type { Endpoint } from '@saltworks/contract/api/endpoint';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { routes } from '../../dist/api/app.js';
import { operationId } from '../../dist/api/describe.js';
import { openDatabase } from '../../dist/db/open.js';
import { components } from '../../src/api/components.ts';
import { freshFolder } from '../databases.ts';
import { openServer, type TestServer } from './server.ts';

type Json = { [key: string]: Json };
let server: TestServer;
let document: Json;
beforeAll(async () => {
  const database = await openDatabase(await freshFolder());
  server = await openServer(database);
  const key = await server.key('reader');
  document = (await server.call('GET', '/api/openapi.json', { key })).body;
}, 60_000);
afterAll(async () => {
  await server?.close();
  await server?.deps.database.close();
});

test("redocly's linter finds nothing", async () => {
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({ source: JSON.stringify(document), config });
  expect(
    problems.map(({ severity, ruleId, message, location: [at] }) => [severity, ruleId, message, at?.pointer]),
  ).toEqual([]);
});

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation: operation as Json })),
  );

test('the document is OpenAPI 3.1 and describes every route and nothing else', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(document.info).toMatchObject({ title: 'Saltworks', version: expect.any(String) });
  const described = operations().map(({ path, method }) => `${method.toUpperCase()} ${path}`);
  const served = routes.map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
  expect(described.sort()).toEqual([...served, 'GET /api/openapi.json'].sort());
  for (const { operation } of operations()) {
    expect(operation.summary).toEqual(expect.any(String));
    expect(Object.keys(operation.responses)).toContain('default');
  }
});

/** Answered to anybody. */
const unguarded = ['/api/health', '/api/sign-in/ways'];

test('every endpoint of the contract has a route, and the name of its operation', async () => {
  const files = readdirSync(new URL('../../../contract/src/api/', import.meta.url)).filter((file) =>
    /\.ts$/.test(file),
  );
  const modules = await Promise.all(files.map((file) => import(`@saltworks/contract/api/${file.slice(0, -3)}`)));
  const isEndpoint = (entry: [string, unknown]): entry is [string, Endpoint] =>
    typeof entry[1] === 'object' && entry[1] !== null && 'method' in entry[1] && 'url' in entry[1];
  const endpoints = modules
    .flatMap((module) => Object.entries(module).filter(isEndpoint))
    // The sign-in library serves these.
    .filter(([, { url }]) => !url.startsWith('/api/auth/'));
  expect(endpoints.map(([name]) => name).sort()).toEqual(routes.map(operationId).sort());
  expect(endpoints.map(([, endpoint]) => operationId(endpoint))).toEqual(endpoints.map(([name]) => name));
});

test('every operation has a unique id, a described tag, and its failures', () => {
  const ids = operations().map(({ operation }) => `${operation.operationId}`);
  expect(ids).toContain('getCampaignMembers');
  expect(ids.filter((id) => !/^[a-z][A-Za-z]+$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  const explained = Object.values(document.tags).map(({ name }) => name);
  for (const { path, operation } of operations()) {
    for (const tag of Object.values(operation.tags)) expect(explained).toContain(tag);
    const codes = Object.keys(operation.responses);
    expect([path, codes.filter((code) => code.startsWith('4')).length > 0]).toEqual([path, true]);
    if (!unguarded.includes(path)) expect([path, codes]).toEqual([path, expect.arrayContaining(['401', '429', '503'])]);
    if (operation.requestBody) expect([path, codes]).toEqual([path, expect.arrayContaining(['400', '413', '415'])]);
    if (path.includes('{')) expect([path, codes]).toEqual([path, expect.arrayContaining(['404'])]);
  }
  expect(document.info.license).toMatchObject({ identifier: 'Apache-2.0' });
  expect(document.servers).toEqual([{ url: 'http://salt.test' }]);
});

test('images, files and events have their media types; everything else is JSON', () => {
  const types = new Set<string>();
  for (const { path, operation } of operations()) {
    const [type] = Object.keys(operation.responses[200].content);
    types.add(type);
    const sent =
      /\/(image|view|mask|masks\/\{mask\}|pictures\/\{picture\}|priors\/\{prior\}|thumbnail|keys|events|zip|backups\/database)$/.test(
        path,
      ) && path !== '/api/me/keys';
    expect([path, type === 'application/json']).toEqual([path, !sent]);
  }
  expect([...types].sort()).toEqual([
    'application/json',
    'application/octet-stream',
    'application/x-ndjson',
    'application/zip',
    'image/png',
    'image/webp',
    'text/event-stream',
  ]);
});

test('patterns mean the same in ECMA-262 and Python', () => {
  const patterns = [...JSON.stringify(document).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(([, text]) =>
    JSON.parse(text),
  );
  expect(patterns.length).toBeGreaterThan(20);
  for (const pattern of patterns) {
    expect(() => [new RegExp(pattern), new RegExp(pattern, 'u')]).not.toThrow();
    // Elsewhere \w and \d cover Unicode, and properties are unknown.
    expect([pattern, /\\[pPwWdDsS0]/.test(pattern.replaceAll('\\\\', ''))]).toEqual([pattern, false]);
  }
});

test('every name in a path is a parameter of it', () => {
  for (const { path, operation } of operations()) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const parameters = Object.values((operation.parameters ?? {}) as Json);
    const inPath = parameters.filter((parameter) => `${parameter.in}` === 'path');
    expect([path, inPath.map(({ name }) => name)]).toEqual([path, named]);
    for (const parameter of inPath) expect(parameter).toMatchObject({ required: true, schema: { type: 'string' } });
  }
});

test('every reference resolves, and every security scheme is declared', () => {
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
    expect([path, named.length > 0]).toEqual([path, !unguarded.includes(path)]);
  }
  const named = Object.keys((document.components as Json).schemas);
  for (const name of ['Campaign', 'Assignment', 'Interaction', 'Batch', 'Drawing', 'Failure']) {
    expect(named.some((each) => each.startsWith(name))).toBe(true);
  }
  const order = [...components.map((name) => `${name}Input`), ...components].filter((name) => named.includes(name));
  expect(named).toEqual(order);
});
