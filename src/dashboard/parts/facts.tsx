import type { ComponentChildren } from 'preact';

/** A figure under its name, with a line of explanation where it needs one. */
export function Fact({ name, figure, note }: { name: string; figure: ComponentChildren; note?: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="figure">{figure}</dd>
      {note !== undefined && <dd class="note">{note}</dd>}
    </div>
  );
}
