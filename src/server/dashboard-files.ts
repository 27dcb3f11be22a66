/** The dashboard: files that were built, served as they are. Nothing in them is secret, so they need no token. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { renderPage } from './docs-page.js';
import { HttpError } from './http-error.js';
import { PAGE_HEADERS } from './security-headers.js';

/** Vite writes a hash of their content into the names of these. */
const HASHED = /\/assets\/[^/]+-[A-Za-z0-9_-]{8}\.[a-z0-9]+$/;
const ONE_YEAR_SECONDS = 31_536_000;
/** What the plugin refuses when it reads conditions and ranges, by its status. */
const REFUSALS: Partial<Record<number, HttpError>> = {
  412: new HttpError('PRECONDITION_FAILED', 'the file is not the one that the request is about'),
  416: new HttpError('RANGE_INVALID', 'the file has no such range'),
};

export async function addDashboardFiles(app: FastifyInstance, folder: string | undefined): Promise<void> {
  if (folder === undefined || !existsSync(join(folder, 'index.html'))) {
    const page = renderPage('TradeAI', [
      '<h1>TradeAI</h1>',
      '<p>The server is running; the dashboard is not built. Build it with <code>npm run build</code>.</p>',
      '<p>The API is described at <a href="/docs">/docs</a>.</p>',
    ]);
    app.get('/', { config: { isPublic: true }, schema: { hide: true } as object }, (_request, reply) => {
      reply.headers(PAGE_HEADERS).type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page);
    });
    return;
  }
  await app.register(async (files) => {
    // Routes of the plugin are made inside of it; what is registered here is all there is.
    files.addHook('onRoute', (route) => {
      route.config = { ...route.config, isPublic: true };
      route.schema = { ...route.schema, hide: true } as object;
    });
    // After the guard, which has given the reply the headers of data.
    files.addHook('onRequest', (request, reply, done) => {
      const isHashed = HASHED.test(request.routeOptions.url!);
      reply.headers(PAGE_HEADERS);
      reply.header('cache-control', isHashed ? `public, max-age=${ONE_YEAR_SECONDS}, immutable` : 'no-cache');
      done();
    });
    files.setErrorHandler((error, _request, reply) => {
      const { status, headers } = error as { status?: number; headers?: Record<string, string> };
      reply.headers(headers ?? {});
      throw REFUSALS[status ?? 0] ?? error;
    });
    await files.register(fastifyStatic, {
      root: folder,
      // One route a file, found at start: a path that is no file of the build is no route.
      wildcard: false,
      cacheControl: false,
      dotfiles: 'ignore',
    });
  });
}
