// Dashboard and alarms: rules that Prometheus accepts, fire when they should and only then, on metrics that the code has,
// each with a section in the operators' handbook.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { registry } from '@saltworks/telemetry/metrics';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { type Case, cases } from './alert-cases.ts';
import { findPromtool } from './promtool.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = join(root, 'infra/helm/saltworks/files/alerts.yaml');

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
}
const { groups } = parse(readFileSync(file, 'utf8')) as { groups: { name: string; rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

interface Panel {
  title: string;
  targets?: { expr: string }[];
}
const dashboard = JSON.parse(readFileSync(join(root, 'infra/helm/saltworks/files/dashboard.json'), 'utf8')) as {
  panels: Panel[];
};

/** All that an exposition names: a histogram has three names. */
const exported = new Set(
  registry
    .getMetricsAsArray()
    .flatMap(({ name, type }) =>
      String(type) === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
    ),
);
const unknown = (expr: string) =>
  [...expr.matchAll(/saltworks_\w+/g)].map(([name]) => name).filter((name) => !exported.has(name));

test('alarms and dashboard ask for metrics that the code has', () => {
  expect(rules.map(({ alert, expr }) => [alert, unknown(expr)])).toEqual(rules.map(({ alert }) => [alert, []]));
  const shown = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr]));
  expect(shown.map(([title, expr]) => [title, unknown(expr)])).toEqual(shown.map(([title]) => [title, []]));
  expect(shown.length).toBeGreaterThan(30);
});

test('the dashboard shows every metric', () => {
  const all = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n');
  const names = registry.getMetricsAsArray().map(({ name }) => name);
  expect(names.filter((name) => !all.includes(name))).toEqual([]);
});

test('every alarm says how grave it is, and leads to its section of the handbook', () => {
  const handbook = readFileSync(join(root, 'docs/operate.md'), 'utf8');
  const [, alarms = ''] = /\n## Alarms\n([\s\S]*?)(?=\n## |$)/.exec(handbook) ?? [];
  const sections = [...alarms.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
  expect(sections.sort()).toEqual(rules.map(({ alert }) => alert).sort());
  for (const { alert, labels, annotations } of rules) {
    expect(annotations.runbook).toBe(`docs/operate.md#${alert.toLowerCase()}`);
    expect(annotations.summary).not.toBe('');
    expect(['critical', 'warning']).toContain(labels.severity);
  }
});

test('every alarm has a case in which it fires, and one in which it does not', () => {
  expect(Object.keys(cases).sort()).toEqual(rules.map(({ alert }) => alert).sort());
});

const promtool = findPromtool();
describe.skipIf(!promtool)(`Prometheus${promtool ? '' : ' (skipped: no promtool)'}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-alerts-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const run = (...args: string[]) => spawnSync(promtool as string, args, { encoding: 'utf8' });

  test('accepts the rules', () => {
    const { status, stdout, stderr } = run('check', 'rules', file);
    expect(status, stdout + stderr).toBe(0);
  });

  test('raises each alarm when it should, and only then', () => {
    const tests = Object.entries(cases).flatMap(([alert, one]) => [unit(alert, one, true), unit(alert, one, false)]);
    const path = join(folder, 'alerts.test.yaml');
    writeFileSync(path, stringify({ rule_files: [file], evaluation_interval: '1m', tests }));
    const { status, stdout, stderr } = run('test', 'rules', path);
    expect(status, stdout + stderr).toBe(0);
  });
});

/** A test of promtool. Annotations are compared, too, so that they are said here as the case has them. */
function unit(alert: string, { fires, quiet, at = '30m', labels = {}, summary }: Case, isFiring: boolean) {
  const rule = rules.find((each) => each.alert === alert) as Rule;
  const annotations = { ...rule.annotations, ...(summary !== undefined && { summary }) };
  const raised = { exp_labels: { severity: rule.labels.severity, ...labels }, exp_annotations: annotations };
  const series = Object.entries(isFiring ? fires : quiet).map(([name, values]) => ({
    series: name.replace(/^(?=\w)/, 'saltworks_'),
    values,
  }));
  return {
    name: `${alert} ${isFiring ? 'fires' : 'is quiet'}`,
    interval: '1m',
    input_series: series,
    alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: isFiring ? [raised] : [] }],
  };
}
