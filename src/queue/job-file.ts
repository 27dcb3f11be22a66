/** `data/jobs.json` of the workspace: the list of jobs between two lives of the server. */

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { systemCodeOf, toReadError } from '../files/system-errors.js';
import { makeFolder, writeFileAtomically } from '../files/write-atomically.js';
import type { JobStore } from '../ports/training-runner.js';
import { jobSchema } from '../wire/job.js';

/** How far a training was is not kept. */
const jobsSchema = z.array(jobSchema.extend({ id: z.string().regex(/^\d{1,15}$/), progress: z.null() }));

/**
 * Opens the file; it is made with the first job.
 *
 * @param onNote told when the file cannot be used: the list then begins anew, for it is history and nothing rests on it
 */
export function openJobFile(home: string, onNote: (text: string) => void): JobStore {
  const path = join(home, 'data', 'jobs.json');
  return {
    async load() {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if (systemCodeOf(error) === 'ENOENT') return [];
        throw toReadError(path, error);
      }
      try {
        return jobsSchema.parse(JSON.parse(text));
      } catch {
        onNote(`${path} is not a list of jobs: it begins anew`);
        return [];
      }
    },
    async save(jobs) {
      await makeFolder(dirname(path));
      await writeFileAtomically(path, `${JSON.stringify(jobs, null, 2)}\n`);
    },
  };
}
