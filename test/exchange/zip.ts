import { ZipFile } from 'yazl';

export interface ZipEntry {
  readonly name: string;
  readonly content: Buffer;
  readonly compress?: boolean;
}

/** Zip timestamps hold no zone; a fixed one keeps the bytes the same. */
const WRITTEN = new Date(Date.UTC(2024, 0, 1));

/** A zip of these entries, the same bytes each time. */
export async function makeZip(entries: readonly ZipEntry[]): Promise<Buffer> {
  const zip = new ZipFile();
  for (const { name, content, compress = true } of entries) {
    zip.addBuffer(content, name, { mtime: WRITTEN, mode: 0o100644, compress });
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
