// png.mjs -- a screenshot with 256 colours instead of 16 million: a third of the size, and nobody sees it.
// Reads what Chromium writes (8 bits a channel, RGB or RGBA, not interlaced); writes a palette.
import { deflateSync, inflateSync, crc32 as zlibCrc } from 'node:zlib';

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});
const crc = zlibCrc ?? ((bytes) => ~bytes.reduce((c, b) => table[(c ^ b) & 255] ^ (c >>> 8), -1) >>> 0);

function* chunks(png) {
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    yield [png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + length)];
    at += length + 12;
  }
}

/** Rows of RGB, the filters of the format undone (PNG specification, 9). */
function pixels(png) {
  let head;
  const packed = [];
  for (const [kind, data] of chunks(png)) {
    if (kind === 'IHDR')
      head = { width: data.readUInt32BE(0), height: data.readUInt32BE(4), channels: data[9] === 6 ? 4 : 3 };
    if (kind === 'IDAT') packed.push(data);
  }
  const { width, height, channels } = head;
  const raw = inflateSync(Buffer.concat(packed));
  const stride = width * channels;
  const rows = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const left = x >= channels ? rows[y * stride + x - channels] : 0;
      const up = y ? rows[(y - 1) * stride + x] : 0;
      const corner = y && x >= channels ? rows[(y - 1) * stride + x - channels] : 0;
      const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
      const paeth = a <= b && a <= c ? left : b <= c ? up : corner;
      rows[y * stride + x] = raw[y * (stride + 1) + 1 + x] + [0, left, up, (left + up) >> 1, paeth][filter];
    }
  }
  return { width, height, channels, rows };
}

/** Median cut over the colours that occur: the box with the most pixels times its longest side is halved. */
function paletteOf(colours) {
  const boxOf = (list) => {
    const low = [255, 255, 255];
    const high = [0, 0, 0];
    let count = 0;
    for (const [colour, n] of list) {
      count += n;
      for (let i = 0; i < 3; i++) {
        const v = (colour >> (16 - 8 * i)) & 255;
        low[i] = Math.min(low[i], v);
        high[i] = Math.max(high[i], v);
      }
    }
    const sides = high.map((h, i) => h - low[i]);
    const side = sides.indexOf(Math.max(...sides));
    return { list, side, weight: list.length > 1 ? Math.sqrt(count) * sides[side] : 0 };
  };
  const boxes = [boxOf([...colours])];
  while (boxes.length < 256) {
    boxes.sort((x, y) => x.weight - y.weight);
    if (boxes.at(-1).weight === 0) break;
    const { list, side } = boxes.pop();
    list.sort(([x], [y]) => ((x >> (16 - 8 * side)) & 255) - ((y >> (16 - 8 * side)) & 255));
    const half = list.length >> 1;
    boxes.push(boxOf(list.slice(0, half)), boxOf(list.slice(half)));
  }
  const index = new Map();
  const palette = boxes.map(({ list }, i) => {
    for (const [colour] of list) index.set(colour, i);
    return list.reduce((most, one) => (one[1] > most[1] ? one : most))[0]; // the commonest stays as it is
  });
  return { palette, index };
}

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), body.length + 4);
  return out;
}

export function smaller(png) {
  const { width, height, channels, rows } = pixels(png);
  const colours = new Map();
  const colourAt = (i) => (rows[i] << 16) | (rows[i + 1] << 8) | rows[i + 2];
  for (let i = 0; i < rows.length; i += channels) colours.set(colourAt(i), (colours.get(colourAt(i)) ?? 0) + 1);
  const { palette, index } = paletteOf(colours);
  const out = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) out[y * (width + 1) + 1 + x] = index.get(colourAt((y * width + x) * channels));
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  head[9] = 3; // palette
  return Buffer.concat([
    png.subarray(0, 8),
    chunk('IHDR', head),
    chunk('PLTE', Buffer.from(palette.flatMap((c) => [c >> 16, (c >> 8) & 255, c & 255]))),
    chunk('IDAT', deflateSync(out, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
