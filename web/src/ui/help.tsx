// help.tsx -- the keys of a page, in a dialog.
import { Dialog } from './dialog';

export type Shortcuts = [string, string][]; // keys with spaces between, what they do

export function Help({ shortcuts, close }: { shortcuts: Shortcuts; close: () => void }) {
  return (
    <Dialog title="Keys" close={close}>
      <dl class="pairs">
        {shortcuts.map(([keys, what]) => [
          <dt key={keys}>
            {keys.split(' ').map((k) => (
              <>
                <kbd>{k}</kbd>{' '}
              </>
            ))}
          </dt>,
          <dd key={what}>{what}</dd>,
        ])}
      </dl>
      <div class="actions">
        <button type="button" class="button" autofocus onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
