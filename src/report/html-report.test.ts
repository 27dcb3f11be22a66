import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeEmptyReportData, makeReportData } from '../../test/support/report-data.js';
import { plain } from '../text/sentences.js';
import { renderHtmlReport } from './html-report.js';
import type { HtmlReportData } from './html-report-data.js';

const HOSTILE = `</script><script>alert(1)</script><img src=x onerror="alert(2)">'"&`;

/** Contents of all elements of a name, in order. */
function contentsOf(page: string, element: string, attributes = ''): string[] {
  return Array.from(
    page.matchAll(new RegExp(`<${element}${attributes}>(.*?)</${element}>`, 'gs')),
    (match) => match[1],
  );
}

const page = renderHtmlReport(makeReportData());
const emptyPage = renderHtmlReport(makeEmptyReportData());

test('the same data gives the same bytes, read back from JSON too', () => {
  expect(renderHtmlReport(makeReportData())).toBe(page);
  expect(renderHtmlReport(JSON.parse(JSON.stringify(makeReportData())))).toBe(page);
});

test('the page without charts is smaller than 150 kB', () => {
  expect(Buffer.byteLength(emptyPage)).toBeLessThan(150_000);
});

test('the verdict and the promotion each have a plain sentence', () => {
  expect(page).toContain(
    '<strong>Skill</strong> Better than predicting no change by more than chance explains (p = 0.004), and no baseline is significantly better.',
  );
  expect(page).toContain('<strong>Promoted</strong> This version is the champion now: lower loss');
  const kept = renderHtmlReport(
    makeReportData({
      verdict: 'no-demonstrated-skill',
      promoted: false,
      reasons: [
        'no demonstrated skill: the baseline ridge is better (p = 0.012)',
        'champion 6 stays: there are no rows',
      ],
    }),
  );
  expect(kept).toContain('<strong>No demonstrated skill</strong> The baseline ridge is better (p = 0.012).');
  expect(kept).toContain('<strong>Not promoted</strong> Champion 6 stays: there are no rows.');
});

test('the detectable edge stands beside the one the model has', () => {
  const text = plain(page.replaceAll(/<[^>]+>/g, ''));
  expect(text).toContain('7,884 independent labels: these rows can show an IC of 0.028 or more; the model has 0.043.');
});

test('a simulated market says so in title and headline, a real one does not', () => {
  const { data } = makeReportData();
  const simulated = renderHtmlReport(makeReportData({ data: { ...data, source: 'demo' } }));
  expect(contentsOf(simulated, 'title')[0]).toContain('simulated market');
  expect(contentsOf(simulated, 'h1')[0]).toContain('simulated market');
  expect(page).not.toContain('simulated market');
});

test('a judgement that was not published has no version', () => {
  const judged = renderHtmlReport(makeReportData({ version: null }));
  expect(judged).toContain('Not published, 1h candles');
  expect(contentsOf(judged, 'title')).toEqual(['BTCUSDT · TradeAI report']);
});

describe('content security policy', () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)![1].replaceAll('&#39;', "'");

  test('allows the inline scripts and the style by their hashes, and nothing else', () => {
    const hashOf = (content: string) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
    const scripts = contentsOf(page, 'script');
    const styles = contentsOf(page, 'style');
    expect([scripts.length, styles.length]).toEqual([2, 1]);
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${scripts.map(hashOf).join(' ')}`,
      `style-src ${styles.map(hashOf).join(' ')}`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  test('no element has a style or a handler of its own, and none loads anything', () => {
    const elements = page.replaceAll(/<(script|style)[^>]*>.*?<\/\1>/gs, '');
    expect(elements).not.toMatch(/<[^>]+\s(style|on\w+)=/);
    expect(elements.match(/\s(src|href|action)="(?!#)[^"]*"/g)).toEqual([' href="data:,"']);
  });
});

describe('hostile text', () => {
  const { data, importance, test: judged, findings } = makeReportData();
  const hostile = renderHtmlReport(
    makeReportData({
      name: HOSTILE,
      symbol: HOSTILE,
      interval: HOSTILE,
      reasons: [HOSTILE],
      codeVersion: HOSTILE,
      data: { ...data, source: HOSTILE, sha256: HOSTILE },
      config: { [HOSTILE]: HOSTILE, list: [HOSTILE], nested: { deep: [HOSTILE] } },
      importance: importance!.map(({ r2Loss }) => ({ feature: HOSTILE, r2Loss })),
      findings: [{ ...findings[0], message: HOSTILE }],
      warnings: [HOSTILE, `backtest is null: ${HOSTILE}`],
      backtest: null,
      test: { ...judged, baselines: { [HOSTILE]: judged.baselines.ridge } },
    }),
  );

  test('makes no element and no attribute', () => {
    expect(hostile).not.toContain('<img');
    expect(hostile).not.toContain('<script>alert');
    expect(contentsOf(hostile, 'script')).toEqual(contentsOf(page, 'script'));
    const count = (text: string) => text.match(/<script/g)!.length;
    // The backtest's two charts are the only difference.
    expect(count(hostile)).toBe(count(page) - 2);
  });

  test('is shown as it is', () => {
    const escaped = HOSTILE.replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;');
    for (const place of [`<bdi>${escaped}</bdi>`, `<code>${escaped}</code>`, `<dt>${escaped}</dt>`]) {
      expect(hostile).toContain(place);
    }
  });
});

describe('what could not be computed', () => {
  const text = emptyPage.replaceAll(/<(script|style)[^>]*>.*?<\/\1>/gs, '').replaceAll(/<[^>]+>/g, ' ');

  test('leaves no empty chart behind', () => {
    expect(emptyPage).not.toContain('class="plot"');
  });

  test.each([
    'The losses of all rows are equal',
    'No test row has a forecast.',
    'There are fewer than 10 test rows.',
    'The rows were judged in one piece, without folds.',
    'Fewer than two windows of 720 rows have an IC',
    'No row has both a confidence and a direction to check.',
    'There are too few rows to cut them into tenths.',
    'No epoch was run.',
    'It was not shown to be better than predicting no change.',
    'Nothing odd was found.',
  ])('says why: %s', (sentence) => {
    expect(text.toLowerCase()).toContain(sentence.toLowerCase());
  });

  test('shows neither null nor NaN nor undefined', () => {
    expect(text.replaceAll(/\b(is|are) null:/g, '')).not.toMatch(/\bnull\b|NaN|undefined|Infinity/);
  });
});

test('a strategy without trades says why it has no break-even cost', () => {
  const { backtest } = makeReportData();
  const idle = {
    ...backtest!,
    trades: 0,
    breakEvenCostBps: null,
    sharpe: null,
    sharpeCi95: null,
    deflatedSharpe: null,
    randomEntry: null,
  };
  const idlePage = renderHtmlReport(makeReportData({ backtest: idle }));
  expect(idlePage).toContain('No break-even point: there were no trades.');
  expect(idlePage).toContain('No random entries: there were no trades to imitate.');
});

test('every table names its rows and columns, every figure has a name and a summary', () => {
  const tables = contentsOf(page, 'table', '[^>]*');
  expect(tables.length).toBeGreaterThan(6);
  for (const table of tables) {
    expect(table).toMatch(/<th scope="col">/);
    expect(table).toMatch(/<th scope="row">/);
  }
  const figures = page.match(/<figure[^>]*>.*?<\/figure>/gs)!;
  expect(figures.length).toBe(7);
  for (const figure of figures)
    expect(figure).toMatch(/^<figure class="card" aria-label="[^"]+">.*<figcaption>.{20,}<\/figcaption>/s);
});

test('how many trades won and by how much stands beside their number; a report of an older program has a dash', () => {
  const { winRate: _won, profitFactor: _factor, ...older } = makeReportData().backtest!;
  const cellsOf = (data: HtmlReportData) =>
    [...renderHtmlReport(data).matchAll(/<th scope="row">Long or flat<\/th>(.*?)<\/tr>/gs)][1][1]
      .split('</td>')
      .map((cell) => plain(cell.replaceAll(/<[^>]+>/g, '')));
  expect(cellsOf(makeReportData()).slice(1, 3)).toEqual(['51.9 %', '1.14']);
  expect(cellsOf(makeReportData({ backtest: older })).slice(1, 3)).toEqual(['–', '–']);
});
