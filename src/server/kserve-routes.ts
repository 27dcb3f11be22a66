/**
 * The Open Inference Protocol (KServe v2), for clients that speak it already:
 * https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol
 *
 * One input `window` [B, W, F] of raw features, oldest row first, in the order of `feature_names`; one output `score` [B],
 * the forecast in volatility units before calibration. Errors are `{ "error": text }`, as the protocol has them.
 */

import { z } from 'zod';
import { TradeAiError } from '../core/errors.js';
import { type Api, modelHeaders, type RouteContext } from './api.js';
import type { ServerLimits } from './limits.js';
import { nameParameters, versionParameters } from './parameters.js';

const kserveErrorSchema = z.object({ error: z.string() });
const KSERVE_ERRORS = { '4xx': kserveErrorSchema, '5xx': kserveErrorSchema } as const;
const TAGS = ['KServe'];
/** Of the longest double in JSON, `-1.2345678901234567e-308`, with what stands between two, and of the rest of the body. */
const VALUE_BYTES = 28;

const tensorSchema = z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) });
const metadataSchema = z.object({
  name: z.string(),
  versions: z.array(z.string()),
  platform: z.string(),
  inputs: z.array(tensorSchema),
  outputs: z.array(tensorSchema),
  parameters: z.object({ feature_names: z.array(z.string()), max_rows: z.int().describe('B at most') }),
});
const serverSchema = z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) });
const readySchema = z.object({ name: z.string(), ready: z.boolean() });

const inferRequestSchema = z.strictObject({
  id: z.string().max(128).optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  inputs: z
    .array(
      z.strictObject({
        name: z.literal('window'),
        shape: z.array(z.int().min(1).max(100_000)).length(3).describe('[B, W, F]'),
        datatype: z.enum(['FP64', 'FP32']),
        parameters: z.record(z.string(), z.unknown()).optional(),
        data: z.array(z.unknown()).describe('row-major, flat or nested'),
      }),
    )
    .length(1),
  outputs: z
    .array(z.strictObject({ name: z.literal('score'), parameters: z.record(z.string(), z.unknown()).optional() }))
    .max(1)
    .optional(),
});
const inferAnswerSchema = z.object({
  model_name: z.string(),
  model_version: z.string(),
  id: z.string().optional(),
  outputs: z.array(tensorSchema.extend({ data: z.array(z.number()) })),
});

type WindowShape = { readonly windowRows: number; readonly featureNames: readonly string[] };
type InferRequest = z.infer<typeof inferRequestSchema>;

export function addKserveRoutes(app: Api, context: RouteContext): void {
  const { service, limits, isDraining } = context;
  const health = { config: { isPublic: true, isUncounted: true }, schema: { tags: ['health'], security: [] } };
  app.get('/v2/health/live', health, async () => ({ live: true }));
  app.get('/v2/health/ready', health, async (_request, reply) => {
    const ready = !isDraining() && service.readiness().isReady;
    reply.code(ready ? 200 : 503);
    return { ready };
  });
  app.get(
    '/v2',
    { schema: { tags: TAGS, summary: 'The server', response: { 200: serverSchema, ...KSERVE_ERRORS } } },
    async () => ({
      name: 'tradeai',
      version: service.status().version,
      extensions: [],
    }),
  );

  for (const { path, params } of [
    { path: '/v2/models/:name', params: nameParameters },
    { path: '/v2/models/:name/versions/:version', params: versionParameters },
  ]) {
    app.get(
      path,
      {
        schema: {
          tags: TAGS,
          summary: 'Inputs and outputs of a model',
          params,
          response: { 200: metadataSchema, ...KSERVE_ERRORS },
        },
      },
      async (request, reply) => {
        const { name, version } = request.params as { name: string; version?: number };
        const shape = service.modelShape(name, version);
        reply.headers(modelHeaders(shape.version, undefined));
        return {
          name,
          versions: [String(shape.version)],
          platform: 'tradeai_lstm',
          inputs: [{ name: 'window', datatype: 'FP64', shape: [-1, shape.windowRows, shape.featureNames.length] }],
          outputs: [{ name: 'score', datatype: 'FP64', shape: [-1] }],
          parameters: { feature_names: [...shape.featureNames], max_rows: mostRows(shape, limits) },
        };
      },
    );
    app.get(
      `${path}/ready`,
      {
        schema: {
          tags: TAGS,
          summary: 'Whether a model has a fresh forecast',
          params,
          response: { 200: readySchema, 503: readySchema, ...KSERVE_ERRORS },
        },
      },
      async (request, reply) => {
        const { name, version } = request.params as { name: string; version?: number };
        const ready = service.modelShape(name, version).isFresh;
        reply.code(ready ? 200 : 503);
        return { name, ready };
      },
    );
    app.post(
      `${path}/infer`,
      {
        bodyLimit: limits.inferBodyBytes,
        schema: {
          tags: TAGS,
          summary: 'Run a model on rows of your own',
          params,
          body: inferRequestSchema,
          response: { 200: inferAnswerSchema, ...KSERVE_ERRORS },
        },
      },
      async (request, reply) => {
        const { name, version } = request.params as { name: string; version?: number };
        const shape = service.modelShape(name, version);
        const { inputs, batchRows } = readWindow(request.body, shape, mostRows(shape, limits));
        const result = await service.infer(name, shape.version, inputs, batchRows);
        reply.headers(modelHeaders(result.version, undefined));
        return {
          model_name: name,
          model_version: String(result.version),
          ...(request.body.id === undefined ? {} : { id: request.body.id }),
          outputs: [{ name: 'score', datatype: 'FP64', shape: [batchRows], data: Array.from(result.scores) }],
        };
      },
    );
  }
}

/** As many as a body holds, however its numbers are written; of the largest models one, if its numbers are short enough. */
function mostRows({ windowRows, featureNames }: WindowShape, { inferRows, inferBodyBytes }: ServerLimits): number {
  const fitting = Math.floor(inferBodyBytes / (VALUE_BYTES * windowRows * featureNames.length));
  return Math.max(1, Math.min(inferRows, fitting));
}

/** @throws TradeAiError `USAGE` for another shape than the model's, or a value that is no finite number */
function readWindow(
  body: InferRequest,
  model: WindowShape,
  maximumRows: number,
): { inputs: Float64Array; batchRows: number } {
  const { shape, data } = body.inputs[0];
  const [batchRows, windowRows, featureCount] = shape;
  if (batchRows > maximumRows || windowRows !== model.windowRows || featureCount !== model.featureNames.length) {
    throw new TradeAiError(
      'USAGE',
      `expected a window of [1…${maximumRows}, ${model.windowRows}, ${model.featureNames.length}], it was [${shape.join(', ')}]`,
      { hint: 'GET /v2/models/NAME has the shape and the names of the features' },
    );
  }
  const inputs = new Float64Array(batchRows * windowRows * featureCount);
  const filled = fillWindow(inputs, data);
  if (filled !== inputs.length) {
    throw new TradeAiError('USAGE', `expected ${inputs.length} values, there were ${filled}`);
  }
  return { inputs, batchRows };
}

/** Values that are one too many are counted, not kept. */
function fillWindow(out: Float64Array, data: readonly unknown[]): number {
  let count = 0;
  const visit = (values: readonly unknown[], depth: number) => {
    for (const value of values) {
      if (Array.isArray(value) && depth < 2) visit(value, depth + 1);
      else if (typeof value === 'number' && Number.isFinite(value)) {
        if (count < out.length) out[count] = value;
        count += 1;
      } else
        throw new TradeAiError('USAGE', `expected finite numbers, value ${count} was ${String(value).slice(0, 20)}`);
    }
  };
  visit(data, 0);
  return count;
}
