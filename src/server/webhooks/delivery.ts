/** One POST to a webhook: to the checked address, without redirects, and without a word of the answer but its status. */

import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import ipaddr from 'ipaddr.js';

/** Of the answer, which nobody reads. */
const MAXIMUM_ANSWER_BYTES = 16 * 1_024;

export interface Delivery {
  readonly url: URL;
  /** The address that was checked. */
  readonly address: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** @returns the status of the answer; rejects when none came */
export function postWebhook({ url, address, body, headers, signal }: Delivery): Promise<number> {
  const isTls = url.protocol === 'https:';
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const onAnswer = (answer: IncomingMessage) => {
      let receivedBytes = 0;
      answer.on('data', (chunk: Buffer) => {
        receivedBytes += chunk.length;
        if (receivedBytes > MAXIMUM_ANSWER_BYTES) answer.destroy();
      });
      answer.on('error', () => undefined);
      answer.once('close', () => resolve(answer.statusCode ?? 0));
    };
    const request: ClientRequest = (isTls ? httpsRequest : httpRequest)(
      {
        // A number is not resolved again: the connection goes where the check was.
        host: address,
        port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        agent: false,
        signal,
        // The certificate must be that of the name, which is also the name asked for.
        ...(isTls && !ipaddr.isValid(hostname) ? { servername: hostname } : {}),
        headers: {
          ...headers,
          host: url.host,
          'content-type': 'application/json; charset=utf-8',
          'content-length': String(Buffer.byteLength(body)),
          connection: 'close',
        },
      },
      onAnswer,
    );
    request.once('error', reject);
    request.end(body);
  });
}
