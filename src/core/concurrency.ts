/** Runs tasks 0 … count − 1, at most `limit` at a time. When one fails no other begins; the first failure is thrown. */
export async function runLimited<Result>(
  count: number,
  limit: number,
  run: (index: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(count);
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next++;
      try {
        results[index] = await run(index);
      } catch (error) {
        next = count;
        throw error;
      }
    }
  };
  const settled = await Promise.allSettled(Array.from({ length: Math.min(limit, count) }, worker));
  for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason;
  return results;
}
