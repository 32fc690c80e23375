// build.mjs OUT -- bundles src/ into OUT: hashed names, brotli beside each file, index.html last.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import esbuild from 'esbuild';

const out = path.resolve(process.argv[2] ?? '../build/web');
const here = path.dirname(new URL(import.meta.url).pathname);
rmSync(out, { recursive: true, force: true });
mkdirSync(path.join(out, 'assets'), { recursive: true });

const result = await esbuild.build({
  absWorkingDir: here,
  entryPoints: { app: 'src/main.tsx' },
  outdir: path.join(out, 'assets'),
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  alias: { react: 'preact/compat', 'react-dom': 'preact/compat' },
  metafile: true,
  logLevel: 'warning',
  legalComments: 'none',
});
const outputs = result.metafile.outputs;
const made = Object.keys(outputs);
const full = (name) => path.resolve(here, name);
const address = (name) => '/assets/' + path.basename(name);

// What the first page needs: the entry, what it imports without being asked to, the style sheet.
const entry = made.find((name) => outputs[name].entryPoint === 'src/main.tsx');
const first = new Set([entry]);
for (const name of first) for (const i of outputs[name].imports) if (i.kind === 'import-statement') first.add(i.path);
const style = outputs[entry].cssBundle;

const icon = readFileSync(path.join(here, 'icon.svg'));
const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
writeFileSync(path.join(out, 'assets', iconName), icon);
const preload = [...first]
  .filter((name) => name !== entry)
  .map((name) => `<link rel="modulepreload" href="${address(name)}">`);
const index = path.join(out, 'index.html');
writeFileSync(
  index,
  readFileSync(path.join(here, 'index.html'), 'utf8')
    .replace('{{css}}', address(style))
    .replace('{{js}}', address(entry))
    .replace('{{icon}}', '/assets/' + iconName)
    .replace('{{preload}}', preload.join('\n')),
);

const counted = new Set([...first, style].map(full).concat(index));
let bytes = 0;
for (const file of [...made.map(full), index, path.join(out, 'assets', iconName)]) {
  const packed = brotliCompressSync(readFileSync(file), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  writeFileSync(file + '.br', packed);
  if (counted.has(file)) bytes += packed.length;
}
if (bytes > 150 * 1024) throw new Error(`the first load is ${bytes} bytes compressed, more than 150 KB`);
console.error(`web: first load ${(bytes / 1024).toFixed(1)} KB compressed, ${made.length} files`);
