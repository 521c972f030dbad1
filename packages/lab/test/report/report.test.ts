import { createHash } from 'node:crypto';
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { summedUp } from '../../src/figures.ts';
import { rowsCsv } from '../../src/report/csv.ts';
import { apart } from '../../src/report/plots.ts';
import { reportPage } from '../../src/report/report.ts';
import { hostile, iouOf, plan, rows } from './run.ts';

/** The hostile name as a page may hold it. */
const shown = hostile.replace('\u0000', '\ufffd');
const dot = 'data:image/webp;base64,UklGRg==';
const scenes = [
  {
    image: hostile,
    source: 'icg',
    protocol: 'strokes',
    variant: 'best',
    rank: 'worst',
    frames: ['photograph', 'mask'].map((caption) => ({ caption, src: dot, width: 4, height: 3 })),
  },
] as const;
const failures = [{ protocol: 'noise', image: hostile, reason: '</li><script>' }] as const;
const results = {
  plan,
  rows,
  scenes,
  summary: { version: 1 as const, figures: summedUp(rows), failures: [...failures] },
};
const text = reportPage(results);
const { document } = parseHTML(text);

/** What is used of the browsers' own types, which are not known here. */
interface Parent {
  querySelectorAll(selector: string): Iterable<{ textContent: string }>;
}

const cells = (row: Parent) => [...row.querySelectorAll('th, td')].map((cell) => cell.textContent);
const bodies = (section: string) =>
  [...document.querySelectorAll(`#${section} table`)].map((table) => ({
    caption: table.querySelector('caption').textContent,
    head: cells(table.querySelector('thead tr')),
    rows: [...table.querySelectorAll('tbody tr')].map(cells),
  }));

describe('a report', () => {
  test('is the same twice', () => {
    expect(reportPage(results)).toBe(text);
  });

  test('has a section a protocol, in the order of their list', () => {
    const sections = [...document.querySelectorAll('body > section')].map(({ id }) => id);
    expect(sections).toEqual(['strokes', 'corrections', 'noise', 'layers', 'graphs', 'failures']);
  });

  test('says of each source what its rows do', () => {
    const [figures] = bodies('strokes');
    const [row] = figures.rows;
    // Images 0 and 1: means of segments 9/16 and 10/16.
    expect([iouOf(0, 0), iouOf(0, 1), iouOf(1, 0), iouOf(1, 1)]).toEqual([8, 10, 9, 11].map((part) => part / 16));
    expect(row.slice(0, 2)).toEqual(['best', '2']);
    expect(row[2]).toMatch(/^0\.594 0\.563–0\.625$/);
    expect(row.slice(5)).toEqual(['1', '1.25', ((10 / 16 + 11 / 16) / 2.5).toFixed(3)]);
  });
  test('tells how many corrections were needed', () => {
    const [, coco, , icg] = bodies('corrections');
    expect(coco.rows).toEqual([
      ['from strokes', '1.50 1.00–2.00', '0', '0', '1.00 %', '50 %', '0 %'],
      ['from strokes, paper', '1.50 1.00–2.00', '0', '0', '1.00 %', '50 %', '0 %'],
      ['from strokes, grabcut', '2.00 2.00–2.00', '0', '0', '1.00 %', '50 %', '0 %'],
    ]);
    expect(icg.rows[0].slice(2, 4)).toEqual(['1', '1']);
  });

  test('counts patches by category, where they were counted', () => {
    const found = bodies('strokes').find(({ head }) => head.includes('right %'))!;
    expect(found.head).toEqual(['category', 'segments', 'IoU', 'Dice', 'right %', 'wrong %', 'labelled %', 'patches']);
    const cat = found.rows.find(([category]) => category === 'cat')!;
    expect([cat[1], cat[2]]).toEqual(['2', '0.656 ± 0.031']);
    expect(cat.slice(4)).toEqual(['60.0 ± 0.0', '20.0 ± 0.0', '80.0 ± 0.0', '200']);
  });

  test('shows layers and facets as a table of heat', () => {
    const heat = document.querySelectorAll('#layers td.heat');
    expect(heat.length).toBe(2 * 2 * 2);
    const [first, second] = heat;
    expect([first.className, second.className]).toEqual(['heat heat-9', 'heat heat-0']);
    expect(first.textContent).toMatch(/^0\.504 /);
  });

  test('draws a plot for what varies, with its words', () => {
    const svgs = [...document.querySelectorAll('svg')];
    expect(svgs.map((svg) => svg.getAttribute('aria-label'))).toEqual([
      'mIoU, coco: variant by mIoU',
      'mIoU, icg: variant by mIoU',
      'mIoU after corrections, coco: mIoU by corrections of an image',
      'mIoU after corrections from strokes, by method, coco: mIoU by corrections of an image',
      'mIoU after corrections, icg: mIoU by corrections of an image',
      'mIoU after corrections from strokes, by method, icg: mIoU by corrections of an image',
      'mIoU by p, coco: mIoU by p',
      'mIoU by p, icg: mIoU by p',
      'mIoU, coco: variant by mIoU',
      'mIoU, icg: variant by mIoU',
    ]);
    const names = [...svgs[3].querySelectorAll('text')].map(({ textContent }) => textContent);
    expect(names).toEqual(expect.arrayContaining(['best', 'paper', 'grabcut (1 of 2)']));
    for (const svg of svgs) expect(svg.getAttribute('viewBox')).toMatch(/^0 0 \d+ \d+$/);
  });

  test('keeps what comes from outside text', () => {
    expect(text).not.toContain('<img src=x');
    expect(document.querySelectorAll('img').length).toBe(2);
    expect(document.querySelectorAll('script, [onerror], [style], link, iframe').length).toBe(0);
    expect([...document.querySelectorAll('img')].map((img) => img.getAttribute('src'))).toEqual([dot, dot]);
    expect(document.querySelector('h4 bdi')!.textContent).toBe(shown);
  });

  test('needs nothing but itself: its policy names its style sheet and no address', () => {
    const style = document.querySelector('style')!.textContent;
    const policy = document.querySelector('meta[http-equiv]')!.getAttribute('content');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(document.querySelectorAll('style').length).toBe(1);
    expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|@import/);
  });

  test('says which images failed, and why', () => {
    const [line] = document.querySelectorAll('#failures li');
    expect(line.textContent).toBe(`${shown}, noise: </li><script>`);
  });
});

test('rows as comma-separated values are a line each', () => {
  const lines = rowsCsv(rows).split('\r\n');
  expect(lines.length).toBe(rows.length + 2);
  expect(lines[1]).toBe('a,coco,strokes,best,,1,2,0.5625,0.717948717948718,0.28125,1,1.25,,,,360,20,400');
});

test('a spreadsheet runs no name as a formula', () => {
  const [row] = rows;
  const csv = rowsCsv([{ ...row, image: '=cmd|"a,b"', variant: '-1' }]);
  expect(csv.split('\r\n')[1].startsWith(`"'=cmd|""a,b""",coco,strokes,'-1,`)).toBe(true);
});

test('labels of lines move apart, as little as they must', () => {
  expect(apart([0.5, 0.1, 0.5], 0.1)).toEqual([0.45, 0.1, 0.55]);
  expect(apart([1, 0], 0.5)).toEqual([1, 0]);
});
