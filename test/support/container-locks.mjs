// Takes a workspace as a server does, and the lock of its ledger, and holds both until it is killed.
// usage: node container-locks.mjs HOME; says on one line of JSON its number, its place, and how often it looked
import { mkdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withFolderLock } from '../../dist/files/folder-lock.js';
import { factsOfThisProcess } from '../../dist/files/process-facts.js';
import { ownWorkspace } from '../../dist/files/workspace-owner.js';

const [home] = process.argv.slice(2);
const ledger = join(home, 'data/ledger/BTCUSDT');
mkdirSync(ledger, { recursive: true });
let looks = 0;
const sleep = (milliseconds) => {
  looks += 1;
  return delay(milliseconds);
};
const { processId, place } = factsOfThisProcess();
const tell = (news) => writeSync(1, `${JSON.stringify({ processId, place, ...news })}\n`);

try {
  await ownWorkspace(join(home, 'data/server.json'), Date.now(), { sleep });
  await withFolderLock(
    ledger,
    () => {
      tell({ looks });
      return new Promise(() => setInterval(() => {}, 60_000));
    },
    { sleep },
  );
} catch (error) {
  tell({ code: error.code });
}
