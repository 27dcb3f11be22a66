/**
 * HTML whose text is always escaped. Only the `html` tag makes markup; whatever is put into it is text, unless it is
 * markup that the tag made before. The key is a symbol, so no JSON from elsewhere can pass for markup.
 */

const MARKUP = Symbol('markup');

/** Finished markup. */
export interface Html {
  readonly [MARKUP]: string;
}

/** What may stand in a template: text and numbers are escaped, `null`, `undefined` and `false` are nothing. */
export type HtmlContent = Html | string | number | null | undefined | false | readonly HtmlContent[];

/**
 * Builds markup from a template; attribute values must stand in double quotes.
 *
 * @example html`<p title="${text}">${text}</p>`
 */
export function html(parts: TemplateStringsArray, ...contents: readonly HtmlContent[]): Html {
  let markup = parts[0];
  for (const [i, content] of contents.entries()) markup += markupOf(content) + parts[i + 1];
  return { [MARKUP]: markup };
}

/** The markup of a content as text. */
export function markupOf(content: HtmlContent): string {
  if (content === null || content === undefined || content === false) return '';
  if (typeof content === 'string' || typeof content === 'number') return escapeText(String(content));
  if (isList(content)) return content.map(markupOf).join('');
  return content[MARKUP];
}

/** Takes text for markup as it stands: for files of this program and its packages, never for data. */
export function trustMarkup(markup: string): Html {
  return { [MARKUP]: markup };
}

/**
 * JSON as the content of a `<script type="application/json">`: no `<` can end the element. Fractions have six digits,
 * more than a screen can show.
 */
export function embedJson(data: unknown): Html {
  const round = (value: number) => (Number.isInteger(value) ? value : Number(value.toPrecision(6)));
  const json = JSON.stringify(data, (_key, value) => (typeof value === 'number' ? round(value) : value));
  return trustMarkup(json.replaceAll('<', '\\u003c'));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeText(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]);
}

function isList(content: Html | readonly HtmlContent[]): content is readonly HtmlContent[] {
  return Array.isArray(content);
}
