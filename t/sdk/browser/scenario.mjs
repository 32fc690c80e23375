// Bundles page.js, serves it from an origin of its own (so that CORS is at work) and runs it in Chromium.
import http from 'node:http';
import esbuild from 'esbuild';
import { chromium } from 'playwright-core';

const bundle = await esbuild.build({ entryPoints: ['page.js'], bundle: true, write: false, format: 'iife' });
const script = bundle.outputFiles[0].text;
const server = http.createServer((req, res) => {
  const js = req.url === '/page.js';
  res.writeHead(200, { 'content-type': js ? 'text/javascript' : 'text/html' });
  res.end(js ? script : '<!doctype html><title>shop</title><script src="/page.js"></script>');
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
try {
  const page = await browser.newPage();
  const complaints = [];
  page.on('console', (line) => line.type() === 'error' && complaints.push(line.text()));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const ids = await page.evaluate((dsn) => window.scenario(dsn), process.argv[2]);
  if (complaints.some((text) => /CORS|blocked/i.test(text))) throw new Error(complaints.join('\n'));
  console.log(JSON.stringify(ids));
} finally {
  await browser.close();
  server.close();
}
