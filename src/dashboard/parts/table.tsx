/** Tables: a frame that scrolls by itself where the screen is too narrow, and headings that sort. */

import type { ComponentChildren } from 'preact';

export function TableFrame({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
    <section class="scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}

interface SortHeadingProps<Key extends string> {
  readonly column: Key;
  readonly sort: { readonly column: Key; readonly isDescending: boolean };
  readonly onSort: (column: Key) => void;
  readonly children: ComponentChildren;
  readonly class?: string;
}

export function SortHeading<Key extends string>({ column, sort, onSort, children, ...rest }: SortHeadingProps<Key>) {
  const isSorted = sort.column === column;
  return (
    <th scope="col" class={rest.class} aria-sort={isSorted ? (sort.isDescending ? 'descending' : 'ascending') : 'none'}>
      <button type="button" class="sort" onClick={() => onSort(column)}>
        {children}
        <span class="sort-mark" aria-hidden="true">
          {isSorted && sort.isDescending ? '↓' : '↑'}
        </span>
      </button>
    </th>
  );
}
