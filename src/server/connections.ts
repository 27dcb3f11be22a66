/**
 * Open connections. When there is no room for one more, the one that has been idle the longest makes it, of the client
 * that has the most; of a client that has more than its share, one of its own. A connection with a request under way is
 * never closed for another.
 */

import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { NameClient } from './clients.js';
import type { ServerLimits } from './limits.js';

export interface Connections {
  /** Answers of the connection that are not sent whole yet, in the order of their requests. */
  answersOn(socket: Socket): readonly ServerResponse[];
}

interface Connection {
  readonly client: string | undefined;
  readonly answers: Set<ServerResponse>;
}

/** Watches over every connection of `server` from now on; `nameClient` tells whose an address is. */
export function watchConnections(
  server: Server,
  limits: Pick<ServerLimits, 'connections' | 'clientConnections'>,
  nameClient: NameClient,
): Connections {
  /** In the order in which they became idle. */
  const open = new Map<Socket, Connection>();
  const countOf = new Map<string | undefined, number>();

  server.on('connection', (socket) => {
    const client = nameClient(socket.remoteAddress ?? '127.0.0.1');
    const count = (countOf.get(client) ?? 0) + 1;
    const isOverShare = client !== undefined && count > limits.clientConnections;
    if ((isOverShare && !closeIdle(client)) || (open.size >= limits.connections && !closeIdle())) {
      socket.destroy();
      return;
    }
    countOf.set(client, (countOf.get(client) ?? 0) + 1);
    open.set(socket, { client, answers: new Set() });
    socket.once('close', () => forget(socket));
  });
  server.on('request', ({ socket }, response) => {
    const connection = open.get(socket);
    if (connection === undefined) return;
    connection.answers.add(response);
    response.once('close', () => {
      connection.answers.delete(response);
      if (open.delete(socket)) open.set(socket, connection);
    });
  });
  return { answersOn: (socket) => [...(open.get(socket)?.answers ?? [])] };

  /** Of the client, or of the one with the most connections among those that have an idle one. */
  function closeIdle(client?: string): boolean {
    const idle = [...open].filter(
      ([, one]) => one.answers.size === 0 && (client === undefined || one.client === client),
    );
    if (idle.length === 0) return false;
    const [socket] = idle.reduce((largest, one) => (countOfClient(one) > countOfClient(largest) ? one : largest));
    forget(socket);
    socket.destroy();
    return true;
  }

  function countOfClient([, { client }]: [Socket, Connection]): number {
    return countOf.get(client)!;
  }

  function forget(socket: Socket): void {
    const connection = open.get(socket);
    if (connection === undefined) return;
    open.delete(socket);
    const count = countOf.get(connection.client)! - 1;
    if (count === 0) countOf.delete(connection.client);
    else countOf.set(connection.client, count);
  }
}
