/**
 * Decimal numbers out of the bytes of a CSV, in one pass and without a string for each.
 *
 * A whole number below 2^53 divided by a power of ten up to 10^22 has only the rounding of the division, as both are exact
 * (https://www.exploringbinary.com/fast-path-decimal-to-floating-point-conversion/); with more digits the language reads it.
 */

const COMMA = 44;
const POINT = 46;
const ZERO = 48;
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, power) => 10 ** power);
const LARGEST_POWER = 22;

export class DecimalReader {
  /** Where the number read last ended: at a comma, or at the end of the line. */
  end = 0;

  /** The number `\d+(\.\d+)?` that ends at a comma or at `lineEnd`, correctly rounded; NaN for anything else. */
  read(bytes: Buffer, start: number, lineEnd: number): number {
    // Infinite once it has too many digits for the quick way.
    let mantissa = 0;
    let scale = 0;
    let zeros = 0;
    let point = -1;
    let position = start;
    for (; position < lineEnd; position++) {
      const byte = bytes[position];
      const digit = byte - ZERO;
      if (digit >= 0 && digit <= 9) {
        if (point < 0) mantissa = mantissa * 10 + digit;
        else if (digit === 0) zeros += 1;
        else {
          scale += zeros + 1;
          mantissa = scale > LARGEST_POWER ? Number.POSITIVE_INFINITY : mantissa * POWERS_OF_TEN[zeros + 1] + digit;
          zeros = 0;
        }
      } else if (byte === COMMA) break;
      else if (byte === POINT && point < 0 && position > start) point = position;
      else return Number.NaN;
    }
    this.end = position;
    if (position === start || point === position - 1) return Number.NaN;
    if (mantissa > Number.MAX_SAFE_INTEGER) return Number(bytes.toString('latin1', start, position));
    return scale === 0 ? mantissa : mantissa / POWERS_OF_TEN[scale];
  }
}
