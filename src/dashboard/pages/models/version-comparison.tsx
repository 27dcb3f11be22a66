/** Two versions side by side. */

import { api } from '../../api.js';
import { Failure, Skeleton } from '../../parts/states.js';
import { TableFrame } from '../../parts/table.js';
import { useResource } from '../../state/resource.js';
import { type ComparisonRow, compareVersions } from '../../view/version-comparison.js';

export function VersionComparison({ name, left, right }: { name: string; left: number; right: number }) {
  const both = useResource(`${name} ${left} ${right}`, () =>
    Promise.all([api.version(name, left), api.version(name, right)]),
  );
  if (both.value === undefined) {
    return both.error === undefined ? (
      <div class="card">
        <Skeleton rows={8} label="Loading both reports" />
      </div>
    ) : (
      <Failure error={both.error} onRetry={both.reload} />
    );
  }
  const { figures, making, cautions } = compareVersions(...both.value);
  const titles = [`Version ${left}`, `Version ${right}`] as const;
  return (
    <section class="pair" aria-label={`${titles[0]} and ${titles[1]} side by side`}>
      <div class="card">
        <h2>Figures of the reports</h2>
        {cautions.map((caution) => (
          <p key={caution} class="notice">
            {caution}
          </p>
        ))}
        <ComparisonTable
          rows={figures}
          titles={titles}
          heading="Figure"
          caption="Figures of the two reports; the better one is marked"
        />
        <p class="quiet">◆ marks the better figure. A small lead can be chance: the verdict says whether it is.</p>
      </div>
      <div class="card">
        <h2>What was different in the making</h2>
        {making.length === 0 ? (
          <p class="quiet">Nothing: engine, seed, candles, features and options are the same.</p>
        ) : (
          <ComparisonTable
            rows={making}
            titles={titles}
            heading="What"
            caption="Differences in engine, data, features and options"
            isText
          />
        )}
      </div>
    </section>
  );
}

interface ComparisonTableProps {
  readonly rows: readonly ComparisonRow[];
  readonly titles: readonly [left: string, right: string];
  readonly caption: string;
  readonly heading: string;
  readonly isText?: boolean;
}

function ComparisonTable({ rows, titles, caption, heading, isText = false }: ComparisonTableProps) {
  const side = isText ? 'words' : 'number';
  return (
    <TableFrame label={caption}>
      <table class="rows plain">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{heading}</th>
            <th scope="col" class={side}>
              {titles[0]}
            </th>
            <th scope="col" class={side}>
              {titles[1]}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">
                {row.name}
                {row.meaning !== undefined && <span class="below">{row.meaning}</span>}
              </th>
              <Cell text={row.left} isBetter={row.better === 'left'} side={side} />
              <Cell text={row.right} isBetter={row.better === 'right'} side={side} />
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

function Cell({ text, isBetter, side }: { text: string; isBetter: boolean; side: string }) {
  return (
    <td class={isBetter ? `${side} better` : side}>
      {isBetter && (
        <>
          <span class="better-mark" aria-hidden="true">
            ◆
          </span>
          <span class="unseen">better: </span>
        </>
      )}
      {text}
    </td>
  );
}
