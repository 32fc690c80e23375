// stacktrace.tsx -- a stack trace as people read one: in-app frames open, runs of library frames folded
// into one line, the failing line marked, variables below, copied as the language itself prints it.
import { useEffect, useState } from 'preact/hooks';
import type { Exception, Frame, Mechanism, Stacktrace } from '../api';
import { usePreference } from '../data';
import { Copy, Pairs, Value } from './small';
import './stacktrace.css';

const where = (f: Frame) =>
  f.module && !/^https?:|\//.test(f.module) && !f.filename
    ? f.module
    : (f.filename ?? f.module ?? f.package ?? f.absPath ?? '?');

/** The language's own trace format. */
export function asText(exceptions: Exception[], platform: string): string {
  const frame = (f: Frame): string => {
    const at = `${where(f)}${f.lineNo ? `:${f.lineNo}` : ''}${f.colNo ? `:${f.colNo}` : ''}`;
    switch (platform) {
      case 'python':
        return `  File "${f.absPath ?? where(f)}", line ${f.lineNo ?? '?'}, in ${f.function ?? '?'}${source(f) ? `\n    ${source(f)!.trim()}` : ''}`;
      case 'java':
        return `\tat ${f.module ?? ''}.${f.function ?? '?'}(${f.filename ?? 'Unknown Source'}${f.lineNo ? `:${f.lineNo}` : ''})`;
      case 'ruby':
        return `\tfrom ${at}:in '${f.function ?? '?'}'`;
      case 'go':
        return `${f.module ? f.module + '.' : ''}${f.function ?? '?'}(...)\n\t${f.absPath ?? where(f)}:${f.lineNo ?? 0}`;
      case 'php':
        return `${f.absPath ?? where(f)}(${f.lineNo ?? '?'}): ${f.function ?? '{main}'}()`;
      case 'csharp':
        return `   at ${f.module ? f.module + '.' : ''}${f.function ?? '?'}() in ${f.absPath ?? where(f)}:line ${f.lineNo ?? '?'}`;
      default:
        return `    at ${f.function ?? '<anonymous>'} (${f.absPath ?? where(f)}${f.lineNo ? `:${f.lineNo}` : ''}${f.colNo ? `:${f.colNo}` : ''})`;
    }
  };
  const head = (e: Exception) =>
    `${e.module && platform === 'java' ? e.module + '.' : ''}${e.type ?? 'Error'}${e.value ? `: ${e.value}` : ''}`;
  if (platform === 'python') {
    return exceptions
      .map(
        (e) => `Traceback (most recent call last):\n${(e.stacktrace?.frames ?? []).map(frame).join('\n')}\n${head(e)}`,
      )
      .join('\n\nThe above exception was the direct cause of the following exception:\n\n');
  }
  return [...exceptions]
    .reverse()
    .map(
      (e, i) =>
        `${i ? 'Caused by: ' : ''}${head(e)}\n${[...(e.stacktrace?.frames ?? [])].reverse().map(frame).join('\n')}`,
    )
    .join('\n');
}

/** More than its box may hold: it can be scrolled by key, too. */
const scrolls = (text: string) => text.length > 300 || text.split('\n').length > 7;

const source = (f: Frame) => f.context?.find(([n]) => n === f.lineNo)?.[1] ?? null;

/** `at`: the event's own address, which a link to one of its frames begins with. */
export function Exceptions({ values, platform, at }: { values: Exception[]; platform: string; at: string }) {
  const [newest, setNewest] = usePreference('stack.newestFirst', true);
  const [raw, setRaw] = useState(false);
  const chain = newest ? [...values].reverse() : values;
  const mapped = values.some((e) => e.rawStacktrace);
  return (
    <section aria-label="Stack trace" class="stack">
      <div class="stack-head">
        <h2>Stack trace</h2>
        <span class="gap" />
        {mapped && (
          <button type="button" class="button small" aria-pressed={raw} onClick={() => setRaw(!raw)}>
            {raw ? 'Show mapped' : 'Show raw'}
          </button>
        )}
        <button type="button" class="button small" onClick={() => setNewest(!newest)}>
          {newest ? 'Newest first' : 'Oldest first'}
        </button>
        <Copy label="Copy as text" text={asText(values, platform)} />
      </div>
      {chain.map((e, i) => (
        <div key={i} class="exception">
          {i > 0 && (
            <p class="quiet small">
              {newest ? 'Caused by' : 'Which caused'}
              {e.mechanism?.source ? ` (${e.mechanism.source})` : ''}
            </p>
          )}
          <h3>
            <strong>{e.type ?? 'Error'}</strong>
            {e.module && <span class="quiet small"> {e.module}</span>}
          </h3>
          {e.value && (
            <p class="value" tabIndex={scrolls(e.value) ? 0 : undefined}>
              {e.value}
            </p>
          )}
          {e.mechanism?.handled === false && <span class="word regressed">unhandled</span>}
          <Signal of={e.mechanism} />
          <Stack trace={(raw && e.rawStacktrace) || e.stacktrace} newest={newest} id={`e${i}`} at={at} />
        </div>
      ))}
    </section>
  );
}

/** What the system said of a crash: SIGSEGV (SEGV_MAPERR). */
function Signal({ of }: { of: Mechanism | null }) {
  const { signal, mach_exception: mach, errno } = of?.meta ?? {};
  const words = [
    signal && `${signal.name ?? `signal ${signal.number}`}${signal.code_name ? ` (${signal.code_name})` : ''}`,
    mach?.name,
    errno && (errno.name ?? `errno ${errno.number}`),
  ].filter(Boolean);
  return words.length > 0 ? <span class="quiet small mono"> {words.join(', ')}</span> : null;
}

type Group = { frame: Frame; index: number } | { folded: { frame: Frame; index: number }[] };

function groups(frames: { frame: Frame; index: number }[], anyInApp: boolean): Group[] {
  const out: Group[] = [];
  for (const f of frames) {
    const last = out[out.length - 1];
    if (f.frame.inApp || !anyInApp) out.push(f);
    else if (last && 'folded' in last) last.folded.push(f);
    else out.push({ folded: [f] });
  }
  return out;
}

/** What the address says to be looked at: the frame of a link that somebody sent. */
const isAsked = (id: string, index: number) => location.hash === `#${id}f${index}`;

export function Stack({
  trace,
  newest,
  id,
  at,
}: {
  trace: Stacktrace | null;
  newest: boolean;
  id: string;
  at: string;
}) {
  if (!trace?.frames?.length) return <p class="quiet small">No stack trace came with this.</p>;
  const ordered = trace.frames.map((frame, index) => ({ frame, index }));
  if (newest) ordered.reverse();
  const anyInApp = trace.frames.some((f) => f.inApp);
  const list = groups(ordered, anyInApp);
  const first = list.findIndex((g) => !('folded' in g));
  const registers = Object.entries(trace.registers ?? {});
  return (
    <>
      <ol class="frames">
        {list.map((g, i) =>
          'folded' in g ? (
            <Folded key={i} frames={g.folded} id={id} at={at} />
          ) : (
            <FrameRow key={i} {...g} id={id} at={at} open={g.frame.inApp ? true : i === first} />
          ),
        )}
      </ol>
      {registers.length > 0 && (
        <details>
          <summary>Registers ({registers.length})</summary>
          <Pairs of={registers} />
        </details>
      )}
    </>
  );
}

function Folded({ frames, id, at }: { frames: { frame: Frame; index: number }[]; id: string; at: string }) {
  const [open, setOpen] = useState(() => frames.some((f) => isAsked(id, f.index)));
  const roots = [
    ...new Set(
      frames.map(({ frame }) => (frame.module ?? frame.package ?? where(frame)).split(/[./\\]/).filter(Boolean)[0]),
    ),
  ];
  if (open || frames.length === 1)
    return (
      <>
        {frames.map((f) => (
          <FrameRow key={f.index} {...f} id={id} at={at} open={false} />
        ))}
      </>
    );
  return (
    <li class="folded">
      <button type="button" aria-expanded={false} onClick={() => setOpen(true)}>
        {frames.length} frames in {roots.slice(0, 3).join(', ')}
        {roots.length > 3 ? ' …' : ''}
      </button>
    </li>
  );
}

function FrameRow({
  frame,
  index,
  open: initially,
  id,
  at,
}: {
  frame: Frame;
  index: number;
  open: boolean;
  id: string;
  at: string;
}) {
  const has = (frame.context?.length ?? 0) > 0 || (frame.vars && Object.keys(frame.vars).length > 0);
  const [open, setOpen] = useState(() => initially || isAsked(id, index));
  const anchor = `${id}f${index}`;
  // the browser looked for it before it was here
  useEffect(() => void (isAsked(id, index) && location.replace(location.hash)), []);
  return (
    <li id={anchor} class={frame.inApp ? 'in-app' : 'library'}>
      <div class="frame-head">
        <button type="button" aria-expanded={open} disabled={!has} onClick={() => setOpen(!open)}>
          <span class="file">
            {where(frame)}
            {frame.lineNo ? (
              <span class="line-number">
                :{frame.lineNo}
                {frame.colNo ? `:${frame.colNo}` : ''}
              </span>
            ) : null}
          </span>
          {frame.function && (
            <>
              <span class="quiet"> in </span>
              <span class="function">{frame.function}</span>
            </>
          )}
          {!frame.lineNo && frame.instructionAddr && <span class="quiet"> {frame.instructionAddr}</span>}
        </button>
        <a
          class="anchor quiet"
          href={`#${anchor}`}
          title="Link to this frame"
          aria-label="Link to this frame"
          onClick={() => history.replaceState(null, '', at)} // another event may be the latest tomorrow
        >
          #
        </a>
        <Copy
          label="Copy"
          text={`${where(frame)}${frame.lineNo ? `:${frame.lineNo}` : ''} in ${frame.function ?? '?'}`}
        />
      </div>
      {open && frame.context?.length > 0 && (
        <pre class="context" tabIndex={0} aria-label="Source">
          {frame.context.map(([n, text]) => (
            <span key={n} class={n === frame.lineNo ? 'fails' : ''}>
              <i>{n}</i>
              {text ?? ''}
              {'\n'}
            </span>
          ))}
        </pre>
      )}
      {open && frame.vars && Object.keys(frame.vars).length > 0 && <Vars vars={frame.vars} />}
    </li>
  );
}

function Vars({ vars }: { vars: Record<string, unknown> }) {
  const [all, setAll] = useState(false);
  const entries = Object.entries(vars);
  const some = all ? entries : entries.slice(0, 6);
  return (
    <table class="vars" aria-label="Variables">
      <tbody>
        {some.map(([k, v]) => (
          <tr key={k}>
            <th scope="row">{k}</th>
            <td>
              <Value of={v} />
            </td>
          </tr>
        ))}
        {entries.length > some.length && (
          <tr>
            <td colSpan={2}>
              <button type="button" class="button small plain" onClick={() => setAll(true)}>
                {entries.length - some.length} more variables
              </button>
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
