/** The client for Python: its wheel, its types, and the examples of docs/python.md, which run against a server and print what is written there. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { version } from '@saltworks/telemetry/version';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack } from '../bench/stack.mjs';
import { packWheel } from '../scripts/pack.mjs';
import { python, pythonPackages } from '../test/python-packages.ts';
import { signIn } from './annotator.ts';
import { root } from './saltworks.ts';

const client = join(root, 'python');
const wheels = ['--only-binary', ':all:'];

/** Runs Python. @returns what it printed @throws Error with what it complained about */
function run(args: string[], { cwd = root, env = {} }: { cwd?: string; env?: Record<string, string> } = {}) {
  const child = spawn(python, args, { cwd, env: { ...process.env, ...env } });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      said[stream] += text;
    });
  }
  return new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0 ? resolve(said.stdout) : reject(new Error(said.stderr || said.stdout)),
    );
  });
}

/** A block of a document: its language, and its text. */
interface Block {
  language: string;
  text: string;
}

const blocksOf = (markdown: string): Block[] =>
  [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({ language, text }));

/** A section's code, and what each block of it prints, if the document says so. */
function notebook(document: string, title: string) {
  const section = document.split(/^## /m).find((part) => part.startsWith(`${title}\n`))!;
  const blocks = blocksOf(section);
  return {
    commands: blocks.filter(({ text }) => text.startsWith('./saltworks ')).map(({ text }) => text.trim()),
    cells: blocks.flatMap(({ language, text: code }, i) => {
      const next = blocks.at(i + 1);
      const prints = next?.language === '' && !next.text.startsWith('./') ? next.text : undefined;
      return language === 'python' ? [{ code, prints }] : [];
    }),
  };
}

const numbers = /\d+(?:\.\d+)?/g;
/** The same words, and numbers within 2 %: the last bits of a mask are the processor's. */
function expectAlike(printed: string, expected: string): void {
  expect(printed.replace(numbers, '#'), printed).toBe(expected.replace(numbers, '#'));
  const wanted = expected.match(numbers) ?? [];
  for (const [i, given] of (printed.match(numbers) ?? []).entries()) {
    const most = 0.02 * Number(wanted[i]);
    expect(Math.abs(Number(given) - Number(wanted[i])), printed).toBeLessThanOrEqual(most);
  }
}

describe('the client for Python', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'saltworks-python-'));
  const installed = join(scratch, 'installed');
  let stack: Awaited<ReturnType<typeof startStack>>;
  let env: Record<string, string>;

  beforeAll(async () => {
    const { folder, missing } = pythonPackages('python-client', [[...wheels, 'numpy', 'pillow']]);
    expect(missing).toBeUndefined();
    const wheel = packWheel(scratch);
    await run(['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', installed, wheel]);
    stack = await startStack();
    env = {
      PYTHONPATH: [installed, folder].join(delimiter),
      SALTWORKS_URL: stack.url,
      SALTWORKS_API_KEY: '',
      SALTWORKS_API_KEY_FILE: join(stack.home, 'api-key'),
    };
    for (const name of ['ann', 'bob']) {
      const { link } = (await stack.admin('POST', '/api/users', { email: `${name}@example.org`, name })) as {
        link: string;
      };
      env[`${name.toUpperCase()}_KEY`] = await signIn(link).then(({ key }) => key);
    }
    mkdirSync(join(scratch, 'notebook'));
    symlinkSync(join(root, 'examples'), join(scratch, 'notebook', 'examples'));
  });

  afterAll(async () => {
    await stack?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  const document = readFileSync(join(root, 'docs/python.md'), 'utf8');

  test.each(['Masks of a dataset', 'A campaign'])(
    'the examples of “%s” print what the document says',
    async (title) => {
      const { commands, cells } = notebook(document, title);
      for (const command of commands) stack.run(...command.split(' ').slice(1));
      const mark = '\u001e';
      const script = join(scratch, 'notebook.py');
      writeFileSync(script, cells.map(({ code }) => `${code}\nprint('${mark}', end='')\n`).join(''));
      const printed = (await run([script], { cwd: join(scratch, 'notebook'), env })).split(mark);
      expect(printed).toHaveLength(cells.length + 1);
      for (const [i, { prints }] of cells.entries()) if (prints !== undefined) expectAlike(printed[i], prints);
    },
  );

  test('its wheel has the version of the workspace, types and a licence', async () => {
    const code =
      'from importlib.metadata import files, version\nprint(version("saltworks"), *(file.name for file in files("saltworks")))';
    const [own, ...names] = (await run(['-c', code], { env })).trim().split(' ');
    expect(own).toBe(version);
    expect(names).toEqual(expect.arrayContaining(['LICENSE', 'METADATA', 'models.pyi', 'py.typed']));
  });

  test.each([
    ['Client().dataset("no").info()', '404: no dataset no; expected one that was imported (saltworks dataset ls)'],
    ['Client().dataset("../me").info()', '404: no such dataset'],
    ['Client(key="none").datasets()', '401: not signed in; expected a session or an API key'],
    ['Client("http://127.0.0.1:1").datasets()', 'no answer from the server at http://127.0.0.1:1 ('],
    ['Client().dataset("examples").extract(backbone="none")', '404: backbone none; expected a name'],
  ])('%s is refused in one line', async (call, line) => {
    const code = `import saltworks\nfrom saltworks import Client\ntry:\n    ${call}\nexcept saltworks.SaltworksError as error:\n    print(error)`;
    const printed = await run(['-c', code], { env });
    expect(printed.startsWith(line), printed).toBe(true);
    expect(printed.trim().split('\n')).toHaveLength(1);
  });

  test('it waits where a server says so, follows nobody elsewhere with its key, and notices half an answer', async () => {
    const asked: string[] = [];
    const server = createServer(({ url, headers }, answer) => {
      asked.push(`${url} ${headers.authorization}`);
      if (url === '/api/campaigns') return answer.writeHead(302, { location: '/elsewhere' }).end();
      if (url !== '/api/datasets') return answer.writeHead(200, { 'content-length': 100 }).end('[');
      if (asked.length === 1) return answer.writeHead(429, { 'retry-after': '0' }).end('{"error":"too many"}');
      return answer.end('[]');
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const code = `
import saltworks
client = saltworks.Client("${url}", "key")
print(client.datasets())
for call in (client.campaigns, client.dataset("half").info):
    try:
        print(call())
    except saltworks.SaltworksError as error:
        print(error, error.status)
`;
    const [list, moved, half] = (await run(['-c', code], { env })).split('\n');
    server.close();
    expect([list, moved]).toEqual(['[]', '302: Found 302']);
    expect(half).toMatch(/^no answer from the server at http:.*IncompleteRead.* None$/);
    const paths = ['/api/datasets', '/api/datasets', '/api/campaigns', '/api/datasets/half'];
    expect(asked).toEqual(paths.map((path) => `${path} Bearer key`));
  });

  test('its types are the server’s, and it uses them as they are', async () => {
    const { folder, missing } = pythonPackages('python-client-types', [
      [...wheels, 'datamodel-code-generator==0.89.0', 'mypy==2.4.1', 'numpy', 'pillow'],
    ]);
    expect(missing).toBeUndefined();
    const tools = { PYTHONPATH: folder, MYPYPATH: '' };
    const [openapi, made] = [join(scratch, 'openapi.json'), join(scratch, 'models.pyi')];
    writeFileSync(openapi, JSON.stringify(await stack.admin('GET', '/api/openapi.json')));
    await run([join(client, 'make_models.py'), openapi, made], { env: tools });
    expect(readFileSync(join(client, 'src/saltworks/models.pyi'), 'utf8')).toBe(readFileSync(made, 'utf8'));
    const settings = ['--config-file', join(client, 'pyproject.toml'), '--cache-dir', join(scratch, 'mypy')];
    await run(['-m', 'mypy', ...settings, join(client, 'src/saltworks')], { env: tools });
  });
});
