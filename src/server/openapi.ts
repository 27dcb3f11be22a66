/** The description of the API, made from the same schemas that check it. */

import fastifySwagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import * as wire from '../wire/wire.js';

/** Names of the schemas in the document. */
const COMPONENTS = {
  Error: wire.errorSchema,
  Prediction: wire.predictionSchema,
  TrackRecord: wire.trackRecordSchema,
  ModelSummary: wire.modelSummarySchema,
  VersionSummary: wire.versionSummarySchema,
  ModelDetail: wire.modelDetailSchema,
  VersionDetail: wire.versionDetailSchema,
  Candles: wire.candlesSchema,
  LedgerEntry: wire.ledgerEntrySchema,
  LedgerPage: wire.ledgerPageSchema,
  DataHealth: wire.dataHealthSchema,
  Job: wire.jobSchema,
  Status: wire.statusSchema,
  Event: wire.eventSchema,
};

const TAGS = [
  { name: 'predictions', description: 'Forecasts that were made when their candle closed.' },
  { name: 'models', description: 'Champions, challengers, versions.' },
  { name: 'ledger', description: 'What was served, and what came of it.' },
  { name: 'jobs', description: 'Trainings.' },
  { name: 'data', description: 'Candles and their health.' },
  { name: 'events', description: 'What happens, as it happens.' },
  { name: 'KServe', description: 'The Open Inference Protocol, version 2.' },
  { name: 'server', description: 'The server itself.' },
  { name: 'health', description: 'For whoever keeps the process running.' },
];

/** Before the routes. The document is `app.swagger()` once the app is ready. */
export async function addOpenApi(app: FastifyInstance, version: string): Promise<void> {
  for (const [id, schema] of Object.entries(COMPONENTS)) {
    z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), id });
  }
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'TradeAI',
        version,
        description:
          'Forecasts of models that retrain themselves, and whether they are any good. Times are UTC epoch milliseconds, ' +
          'changes are fractions (0.012 = +1.2 %), what is unknown is null.',
      },
      tags: TAGS,
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: describeAnswers,
  });
}

/** Every component is made twice, once as it would be sent to the server; ours are answers only. */
const describeAnswers: typeof jsonSchemaTransformObject = (parts) => {
  const document = jsonSchemaTransformObject(parts);
  if ('components' in document) {
    const schemas: Record<string, unknown> = document.components?.schemas ?? {};
    for (const name of Object.keys(schemas)) if (name.endsWith('Input')) delete schemas[name];
  }
  return document;
};
