import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface Props {
  readonly title: string;
  readonly close: () => void;
  readonly look?: "drawer" | "box";
  readonly children: ComponentChildren;
}

/** Something in front of the page. The browser keeps the focus in it, and Escape closes it. */
export function Drawer({ title, close, look = "drawer", children }: Props) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={look}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => {
        // Only the ground around the content is the dialog itself.
        if (event.target === event.currentTarget) close();
      }}
    >
      <div class="drawer-body">
        <div class="card-head">
          <h2 id={id}>{title}</h2>
          <button class="button quiet" type="button" onClick={close}>
            Close
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
