/* Segments: into how many parts a text message is cut on its way, and why. */

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("\f^{}\\[~]|€");
const LIMITS = { "GSM-7": [160, 153], "UCS-2": [70, 67] };

/* `{encoding, units, parts, left}`; units are what counts: an extended character or an emoji takes two. */
export function segments(text) {
  const characters = [...text];
  const gsm = characters.every((character) => BASIC.has(character) || EXTENDED.has(character));
  const encoding = gsm ? "GSM-7" : "UCS-2";
  const sizes = characters.map((character) => (gsm ? 1 + EXTENDED.has(character) : character.length));
  const units = sizes.reduce((sum, size) => sum + size, 0);
  const [single, each] = LIMITS[encoding];
  if (units <= single) return { encoding, units, parts: 1, left: single - units };
  let parts = 1;
  let filled = 0;
  for (const size of sizes) {
    // A pair is never torn apart: it moves to the next part as a whole.
    if (filled + size > each) [parts, filled] = [parts + 1, 0];
    filled += size;
  }
  return { encoding, units, parts, left: each - filled };
}
