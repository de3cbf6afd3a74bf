/**
 * Numbers as RFC 8785 writes them, unless that would change their value: a token whose exact decimal value is not
 * that of the shortest decimal of its double is kept as it was written. Two tokens of different value therefore
 * never get one text: 9007199254740993 and 9007199254740992 differ, 1e400 stays, 1.0 and 1 are both "1".
 */
export function canonicalNumber(source: string): string {
  if (isShortInteger(source)) return source;
  const value = Number(source);
  if (!Number.isFinite(value)) return source;
  const shortest = String(value === 0 ? 0 : value);
  return shortest === source || sameDecimal(shortest, source) ? shortest : source;
}

/** True for integer tokens (no fraction, no exponent), whatever their size. */
export function isIntegerToken(source: string): boolean {
  for (let i = 0; i < source.length; i++) {
    const c = source.charCodeAt(i);
    if (c === 0x2e || c === 0x45 || c === 0x65) return false;
  }
  return true;
}

/** At most 15 digits and not "-0": the token is its own canonical text. */
function isShortInteger(source: string): boolean {
  return source.length <= 15 && source !== "-0" && isIntegerToken(source);
}

interface Decimal {
  negative: boolean;
  /** significant digits without leading or trailing zeros; "" is zero */
  digits: string;
  /** value = 0.digits × 10^exponent */
  exponent: number;
}

/** Takes a JSON number token apart without ever writing its zeros out. */
function decimal(source: string): Decimal {
  const negative = source.charCodeAt(0) === 0x2d;
  const e = source.search(/[eE]/);
  const mantissa = source.slice(negative ? 1 : 0, e < 0 ? source.length : e);
  const point = mantissa.indexOf(".");
  const whole = point < 0 ? mantissa : mantissa.slice(0, point);
  const all = point < 0 ? whole : whole + mantissa.slice(point + 1);
  let from = 0;
  let to = all.length;
  while (from < to && all.charCodeAt(from) === 0x30) from++;
  while (to > from && all.charCodeAt(to - 1) === 0x30) to--;
  if (from === to) return { negative: false, digits: "", exponent: 0 };
  // An exponent too long for a double becomes Infinity or inexact, and so equals none that a double has.
  const exponent = (e < 0 ? 0 : Number(source.slice(e + 1))) + whole.length - from;
  return { negative, digits: all.slice(from, to), exponent };
}

function sameDecimal(a: string, b: string): boolean {
  const x = decimal(a);
  const y = decimal(b);
  return x.negative === y.negative && x.exponent === y.exponent && x.digits === y.digits;
}
