/** The readable page of the API: HTML made once from the OpenAPI document, with nothing to run in it. */

import type { FastifyInstance } from 'fastify';
import { paletteColor } from '../text/palette.js';
import { DOCS_STYLE } from './docs-style.js';
import { type JsonSchema, writeSchema } from './schema-text.js';
import { PAGE_HEADERS } from './security-headers.js';

interface Operation {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: JsonSchema;
    readonly description?: string;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>> }>
  >;
}

export interface ApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly tags?: readonly { readonly name: string; readonly description?: string }[];
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, JsonSchema>> };
}

interface Entry {
  readonly method: string;
  readonly path: string;
  readonly id: string;
  readonly operation: Operation;
}

/** A line that ends in a forecast. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke-width="3" stroke-linecap="round">' +
  `<path d="M4 22l7-8 6 5" stroke="${paletteColor('blue', 'light')}"/>` +
  `<path d="M17 19l5-6M27 7l1-1" stroke="${paletteColor('orange', 'light')}"/></svg>`;

/** Serves the page and its style. It says what the source says, so it needs no token. */
export function addDocsPage(app: FastifyInstance, readDocument: () => ApiDocument): void {
  let page: string | undefined;
  const open = { config: { isPublic: true }, schema: { hide: true } as object };
  app.get('/docs', open, (_request, reply) => {
    page ??= renderDocs(readDocument());
    reply.headers(PAGE_HEADERS).type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page);
  });
  app.get('/docs/style.css', open, (_request, reply) => {
    reply.headers(PAGE_HEADERS).type('text/css; charset=utf-8').header('cache-control', 'no-cache').send(DOCS_STYLE);
  });
  app.get('/docs/icon.svg', open, (_request, reply) => {
    reply.headers(PAGE_HEADERS).type('image/svg+xml').header('cache-control', 'no-cache').send(ICON);
  });
}

/** A small page of the server; `body` is HTML. */
export function renderPage(title: string, body: readonly string[]): string {
  return renderFrame(title, `<main class="plain">${body.join('\n')}</main>`);
}

export function renderDocs(document: ApiDocument): string {
  const entries: Entry[] = Object.entries(document.paths ?? {}).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => method !== 'head')
      .map(([method, operation]) => ({
        method,
        path,
        id: `${method}${path.replaceAll(/[^A-Za-z0-9]+/g, '-')}`,
        operation,
      })),
  );
  const groups = (document.tags ?? [])
    .map((tag) => ({ ...tag, entries: entries.filter(({ operation }) => operation.tags?.[0] === tag.name) }))
    .filter((group) => group.entries.length > 0);
  const schemas = Object.entries(document.components?.schemas ?? {});
  const navigation = groups.map(
    (group) =>
      `<strong><a href="#${escapeHtml(group.name)}">${escapeHtml(group.name)}</a></strong><ul>${group.entries
        .map(
          ({ id, path, method }) =>
            `<li><a href="#${id}">${method === 'get' ? '' : 'POST '}${escapeHtml(path)}</a></li>`,
        )
        .join('')}</ul>`,
  );
  const sections = groups.map(
    (group) =>
      `<section><h2 id="${escapeHtml(group.name)}">${escapeHtml(group.name)}</h2><p class="quiet">${escapeHtml(group.description ?? '')}</p>${group.entries
        .map(renderEntry)
        .join('')}</section>`,
  );
  const types = schemas.map(
    ([name, schema]) =>
      `<article id="type-${escapeHtml(name)}"><h3>${escapeHtml(name)}</h3><pre tabindex="0">${linkTypes(writeSchema(schema), schemas)}</pre></article>`,
  );
  const { title, version, description = '' } = document.info;
  return renderFrame(
    `${title} API`,
    `<div class="frame"><nav aria-label="Routes">${navigation.join('')}<strong><a href="#types">Types</a></strong><ul>${schemas
      .map(([name]) => `<li><a href="#type-${escapeHtml(name)}">${escapeHtml(name)}</a></li>`)
      .join(
        '',
      )}</ul></nav><main><h1>${escapeHtml(title)} API</h1><p class="quiet">Version ${escapeHtml(version)} · the same as a document for programs: <a href="/openapi.json"><code>/openapi.json</code></a></p><p>${escapeHtml(description)}</p><p>Where the server has a token, send it with every request: <code>Authorization: Bearer TOKEN</code>. Requests that change something carry <code>content-type: application/json</code>.</p>${sections.join('')}<section><h2 id="types">Types</h2>${types.join('')}</section></main></div>`,
  );

  function renderEntry({ method, path, id, operation }: Entry): string {
    const isOpen = operation.security?.length === 0;
    const body = Object.values(operation.requestBody?.content ?? {})[0];
    const answers = Object.entries(operation.responses).flatMap(([status, { content }]) =>
      /^[23]\d\d$/.test(status) && content !== undefined ? [{ status, content: Object.entries(content)[0] }] : [],
    );
    return [
      `<article id="${id}"><h3><span class="method ${method === 'get' ? 'get' : 'post'}">${method.toUpperCase()}</span>`,
      `<code class="path">${escapeHtml(path)}</code>${isOpen ? '<span class="open">no token needed</span>' : ''}</h3>`,
      `<p>${escapeHtml(operation.summary ?? '')}</p>`,
      operation.description === undefined ? '' : `<p class="quiet">${renderText(operation.description)}</p>`,
      renderParameters(operation.parameters ?? []),
      body === undefined ? '' : `<h4>Body</h4><pre tabindex="0">${linkTypes(writeSchema(body.schema), schemas)}</pre>`,
      ...answers.map(
        ({ status, content: [type, { schema }] }) =>
          `<h4>${status} · ${escapeHtml(type)}</h4><pre tabindex="0">${linkTypes(writeSchema(schema), schemas)}</pre>`,
      ),
      '</article>',
    ].join('');
  }
}

function renderParameters(parameters: NonNullable<Operation['parameters']>): string {
  if (parameters.length === 0) return '';
  const rows = parameters.map(({ name, in: place, required, schema, description }) => {
    const range = schema.minimum === undefined ? '' : `${schema.minimum} … ${schema.maximum}`;
    const note = description ?? schema.description ?? '';
    return `<tr><td><code>${escapeHtml(name)}</code></td><td>${place}${required ? '' : ', optional'}</td><td>${escapeHtml(writeSchema(schema))}</td><td>${escapeHtml([note, range].filter(Boolean).join(', '))}</td></tr>`;
  });
  return `<h4>Parameters</h4><div class="wide"><table><thead><tr><th>name</th><th>in</th><th>type</th><th>note</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/** Names of types become links to them. */
function linkTypes(text: string, schemas: readonly (readonly [string, JsonSchema])[]): string {
  const names = new Set(schemas.map(([name]) => name));
  return escapeHtml(text).replaceAll(/\b[A-Z][A-Za-z]+\b/g, (word) =>
    names.has(word) ? `<a href="#type-${word}">${word}</a>` : word,
  );
}

/** Words in backticks become code. */
function renderText(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function renderFrame(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="/docs/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
${body}
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
