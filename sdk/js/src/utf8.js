// Texts as bytes: the engine has no `TextEncoder`.

/** @param {string} text @returns {Uint8Array} */
export function utf8(text) {
  const bytes = new Uint8Array(text.length * 3);
  let at = 0;
  for (let index = 0; index < text.length; index += 1) {
    let code = text.charCodeAt(index);
    if (code < 0x80) {
      bytes[at++] = code;
      continue;
    }
    if (code < 0x800) {
      bytes[at++] = 0xc0 | (code >> 6);
    } else {
      if (code >= 0xd800 && code < 0xe000) {
        const low = text.charCodeAt(index + 1);
        if (code < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
          index += 1;
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        } else {
          // Half of a pair alone is no character.
          code = 0xfffd;
        }
      }
      if (code < 0x10000) {
        bytes[at++] = 0xe0 | (code >> 12);
      } else {
        bytes[at++] = 0xf0 | (code >> 18);
        bytes[at++] = 0x80 | ((code >> 12) & 0x3f);
      }
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
    }
    bytes[at++] = 0x80 | (code & 0x3f);
  }
  return bytes.subarray(0, at);
}
