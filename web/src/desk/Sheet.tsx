// SPDX-License-Identifier: 0BSD
// A sheet laid over the desk: the browser's own dialog, which holds the focus and gives it back.
import { useEffect, useRef, type ReactNode } from "react";

export function Sheet({ title, onClose, children, isWide = false }: {
  title: string;
  onClose: () => void;
  children: ReactNode;
  isWide?: boolean;
}) {
  const own = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = own.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={own} className={isWide ? "sheet wide" : "sheet"} aria-label={title} onCancel={(event) => { event.preventDefault(); onClose(); }}
      onClick={(event) => event.target === own.current && onClose()}
    >
      <div className="inside">
        <header>
          <h2>{title}</h2>
          <button onClick={onClose} aria-label={`Close ${title}`}>Close</button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
