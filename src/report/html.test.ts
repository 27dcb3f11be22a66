import { expect, test } from 'vitest';
import { embedJson, html, markupOf, trustMarkup } from './html.js';

test('text is escaped, markup made before is not', () => {
  const inner = html`<b>${'<i> & "quotes" \''}</b>`;
  expect(markupOf(html`<p title="${'"><script>'}">${inner}</p>`)).toBe(
    '<p title="&quot;&gt;&lt;script&gt;"><b>&lt;i&gt; &amp; &quot;quotes&quot; &#39;</b></p>',
  );
});

test('lists are joined, and nothing stands for null, undefined and false', () => {
  expect(markupOf(html`${[1, html`<br>`, ['a', null]]}${undefined}${false}`)).toBe('1<br>a');
});

test('an object from JSON is not markup', () => {
  const forged = JSON.parse('{"markup":"<script>","Symbol(markup)":"<script>"}');
  expect(markupOf(html`${forged}`)).not.toContain('<script>');
});

test('embedded JSON cannot end its element, and reads back to six digits', () => {
  const data = { text: '</script><!--', share: 0.123456789, timeMs: 1_736_823_600_000, none: null };
  const markup = markupOf(embedJson(data));
  expect(markup).not.toContain('<');
  expect(JSON.parse(markup)).toEqual({ ...data, share: 0.123457 });
});

test('trusted markup stands as it is', () => {
  expect(markupOf(html`<style>${trustMarkup('a > b { }')}</style>`)).toBe('<style>a > b { }</style>');
});
