/**
 * An LZ4 frame, unpacked into as many bytes as it is said to hold: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 * and lz4_Block_format.md. Arrow packs each buffer into one. No library for it is both kept and free of native parts.
 * Checksums are passed over: what is unpacked is checked as candles. Pure.
 */

const MAGIC = 0x184d2204;
const FLAG = { blockChecksum: 0x10, contentSize: 0x08, dictionary: 0x01 } as const;
const VERSION_BITS = 0xc0;
const VERSION = 0x40;
/** Of a block's size: its bytes are not packed. */
const STORED = 0x80000000;
const SHORTEST_MATCH = 4;
/** A length of four bits that is followed by more of it. */
const LONG = 15;

/**
 * Unpacks a frame. Blocks may refer to those before them.
 *
 * @param sizeBytes what the frame unpacks to; no more is written, and no less accepted
 * @throws RangeError for a frame that is damaged, cut off, or of another size
 */
export function unpackLz4Frame(frame: Uint8Array, sizeBytes: number): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError('it is no LZ4 frame');
  const flags = view.getUint8(4);
  if ((flags & VERSION_BITS) !== VERSION) throw new RangeError('its LZ4 frame is of an unknown version');
  const out = new Uint8Array(sizeBytes);
  let written = 0;
  // Magic number, flags, size of the blocks, and a checksum of these.
  let at = 7 + (flags & FLAG.contentSize ? 8 : 0) + (flags & FLAG.dictionary ? 4 : 0);
  for (;;) {
    const head = view.getUint32(at, true);
    at += 4;
    if (head === 0) break;
    const blockBytes = head & ~STORED;
    if (at + blockBytes > frame.length) throw new RangeError('its LZ4 frame is cut off');
    const block = frame.subarray(at, at + blockBytes);
    written = head >>> 31 === 1 ? store(block, out, written) : unpackBlock(block, out, written);
    at += blockBytes + (flags & FLAG.blockChecksum ? 4 : 0);
  }
  if (written !== sizeBytes) throw new RangeError(`its LZ4 frame holds ${written} bytes instead of ${sizeBytes}`);
  return out;
}

/** @returns the place in `out` behind what was written */
function store(block: Uint8Array, out: Uint8Array, start: number): number {
  if (start + block.length > out.length) throw tooLong();
  out.set(block, start);
  return start + block.length;
}

function unpackBlock(block: Uint8Array, out: Uint8Array, start: number): number {
  let at = 0;
  let to = start;
  const lengthOf = (bits: number): number => {
    let length = bits;
    if (bits !== LONG) return length;
    for (let more = 255; more === 255; ) {
      if (at >= block.length) throw new RangeError('its LZ4 block is cut off');
      more = block[at++];
      length += more;
    }
    return length;
  };
  while (at < block.length) {
    const token = block[at++];
    const literals = lengthOf(token >> 4);
    if (at + literals > block.length) throw new RangeError('its LZ4 block is cut off');
    to = store(block.subarray(at, at + literals), out, to);
    at += literals;
    // The last sequence of a block has no match.
    if (at === block.length) return to;
    if (at + 2 > block.length) throw new RangeError('its LZ4 block is cut off');
    const distance = block[at] | (block[at + 1] << 8);
    at += 2;
    const length = lengthOf(token & LONG) + SHORTEST_MATCH;
    if (distance === 0 || distance > to) throw new RangeError('its LZ4 block refers to nothing');
    if (to + length > out.length) throw tooLong();
    // A match may reach into itself, so it is copied byte by byte.
    for (const end = to + length; to < end; to++) out[to] = out[to - distance];
  }
  return to;
}

function tooLong(): RangeError {
  return new RangeError('its LZ4 frame holds more than it says');
}
