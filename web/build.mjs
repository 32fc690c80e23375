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
  entryNames: '[name]-[hash]', chunkNames: '[name]-[hash]', assetNames: '[name]-[hash]',
  bundle: true, splitting: true, minify: true, format: 'esm', target: 'es2022',
  jsx: 'automatic', jsxImportSource: 'preact',
  alias: { react: 'preact/compat', 'react-dom': 'preact/compat' },
  metafile: true, logLevel: 'warning', legalComments: 'none',
});
const made = Object.keys(result.metafile.outputs).map((name) => path.resolve(here, name));
const named = (ending) => '/assets/' + path.basename(made.find((f) => path.basename(f).startsWith('app-') && f.endsWith(ending)));
const html = readFileSync(path.join(here, 'index.html'), 'utf8')
  .replace('{{css}}', named('.css')).replace('{{js}}', named('.js'));
writeFileSync(path.join(out, 'index.html'), html);
const icon = readFileSync(path.join(here, 'icon.svg'));
const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
writeFileSync(path.join(out, 'assets', iconName), icon);
writeFileSync(path.join(out, 'index.html'), html.replace('{{icon}}', '/assets/' + iconName));

let first = 0;
for (const file of [...made, path.join(out, 'index.html'), path.join(out, 'assets', iconName)]) {
  const packed = brotliCompressSync(readFileSync(file), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  writeFileSync(file + '.br', packed);
  if (/app-|index/.test(path.basename(file))) first += packed.length;
}
if (first > 150 * 1024) throw new Error(`the first load is ${first} bytes compressed, more than 150 KB`);
console.error(`web: first load ${(first / 1024).toFixed(1)} KB compressed, ${made.length} files`);
