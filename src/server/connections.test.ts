import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchConnections } from './connections.js';

const ALICE = '127.0.0.2';
const BOB = '127.0.0.3';
let server: Server;
/** Lets every request that is under way be answered. */
let answer: () => void;
const sockets: Socket[] = [];

beforeEach(async () => {
  const released = new Promise<void>((resolve) => {
    answer = resolve;
  });
  server = createServer(async ({ url }, response) => {
    if (url === '/slow') await released;
    response.end('served');
  });
  watchConnections(server, { connections: 6, clientConnections: 4 }, (address) => address);
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.closeAllConnections();
  server.close();
});

/** A connection of the client that the server has taken or refused: `isOpen` tells which. */
async function open(client: string): Promise<{ socket: Socket; isOpen(): boolean; ask(path?: string): void }> {
  const { port } = server.address() as AddressInfo;
  const taken = once(server, 'connection');
  const socket = connect({ port, host: '127.0.0.1', localAddress: client }).on('error', () => undefined);
  let isOpen = true;
  socket.once('close', () => {
    isOpen = false;
  });
  sockets.push(socket);
  await taken;
  const ask = (path = '/') => socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
  return { socket, isOpen: () => isOpen, ask };
}

async function askAndRead(connection: { socket: Socket; ask(): void }): Promise<string> {
  const answered = once(connection.socket, 'data');
  connection.ask();
  return String((await answered)[0]);
}

async function openMany(client: string, count: number) {
  const connections = [];
  for (let i = 0; i < count; i++) connections.push(await open(client));
  return connections;
}

test('a client has its share: one connection more, and its own that was idle the longest is closed', async () => {
  const connections = await openMany(ALICE, 4);
  // It was used last, so the second is now the oldest.
  expect(await askAndRead(connections[0])).toContain('served');
  const closed = once(connections[1].socket, 'close');
  expect(await askAndRead(await open(ALICE))).toContain('served');
  await closed;
  expect(connections.map(({ isOpen }) => isOpen())).toEqual([true, false, true, true]);
});

test('when there is no room, the client with the most connections makes it', async () => {
  const bobs = await openMany(BOB, 2);
  const alices = await openMany(ALICE, 4);
  const closed = once(alices[0].socket, 'close');
  expect(await askAndRead(await open('127.0.0.4'))).toContain('served');
  await closed;
  expect([...bobs, ...alices].map(({ isOpen }) => isOpen())).toEqual([true, true, false, true, true, true]);
});

test('when there is no room and the client with the most connections has none idle, another makes it', async () => {
  const alices = await openMany(ALICE, 4);
  for (const alice of alices) {
    const asked = once(server, 'request');
    alice.ask('/slow');
    await asked;
  }
  const bobs = await openMany(BOB, 2);
  const { socket } = await open('127.0.0.4');
  const closed = [bobs[0].socket, socket].map((one) => once(one, 'close').then(() => one));
  expect(await Promise.race(closed)).toBe(bobs[0].socket);
  expect([...alices, ...bobs].map(({ isOpen }) => isOpen())).toEqual([true, true, true, true, false, true]);
  answer();
});

test('a connection with a request under way is closed for no other: the new one is refused, and others are served', async () => {
  const connections = await openMany(ALICE, 4);
  for (const connection of connections) {
    const asked = once(server, 'request');
    connection.ask('/slow');
    await asked;
  }
  const fifth = await open(ALICE);
  if (fifth.isOpen()) await once(fifth.socket, 'close');
  expect(await askAndRead(await open(BOB))).toContain('served');
  const answered = connections.map(({ socket }) => once(socket, 'data'));
  answer();
  for (const [bytes] of await Promise.all(answered)) expect(String(bytes)).toContain('served');
});

test('a place that is left is free again', async () => {
  const connections = await openMany(ALICE, 4);
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  connections.push(await open(BOB));
  const [bob] = await accepted;
  connections[4].socket.destroy();
  await once(bob, 'close');
  await openMany(BOB, 2);
  expect(connections.slice(0, 4).map(({ isOpen }) => isOpen())).toEqual([true, true, true, true]);
});
