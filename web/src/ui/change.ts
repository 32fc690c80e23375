// change.ts -- run a change, say what happened.
import { toast } from './toast';

/** True when it was done; otherwise the server's own words are shown. */
export async function change(what: string, run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    toast(what);
    return true;
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error), 'error');
    return false;
  }
}
