/** One model: its versions, the comparison of any two, and who is in charge. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../../../client/client.js';
import { formatChance, formatCount, formatNumber, formatPercent } from '../../../text/numbers.js';
import { makeSentence } from '../../../text/sentences.js';
import { describeVerdict } from '../../../text/words.js';
import type { ModelDetail, VersionSummary } from '../../../wire/wire.js';
import { api } from '../../api.js';
import { Age } from '../../parts/age.js';
import { Badge, Tag } from '../../parts/badge.js';
import { Confirmation } from '../../parts/confirmation.js';
import { Empty, Failure, Skeleton } from '../../parts/states.js';
import { TableFrame } from '../../parts/table.js';
import { showToast } from '../../parts/toast.js';
import { hrefOf, navigate, route } from '../../router.js';
import { useResource } from '../../state/resource.js';
import { onEvent, reloadService } from '../../state/service.js';
import { type Plan, planPromotion, planRollback } from '../../view/promotion.js';
import { VersionComparison } from './version-comparison.js';

interface Decision {
  readonly plan: Plan;
  readonly kind: 'promotion' | 'rollback';
}

export function ModelVersions({ name }: { name: string }) {
  const detail = useResource(name, () => api.model(name));
  const [decision, setDecision] = useState<Decision | undefined>();
  const hasActed = useRef(false);
  const { reload, value } = detail;
  useEffect(
    () =>
      onEvent((event) => {
        const isPromotion = event.kind === 'promotion' && event.name === name;
        const isDone = event.kind === 'job' && event.job.name === name && event.job.state === 'done';
        if (isPromotion || isDone) reload();
      }),
    [name, reload],
  );
  // The button that opened the dialog goes with the promotion; a reader without a mouse would be nowhere.
  useEffect(() => {
    if (!hasActed.current || value === undefined) return;
    hasActed.current = false;
    if (document.activeElement === document.body) document.querySelector<HTMLElement>('main h1')?.focus();
  }, [value]);
  const rollback = value === undefined ? undefined : planRollback(value);
  return (
    <>
      <div class="page-head">
        <div>
          <p class="crumbs">
            <a href={hrefOf('models')}>Models</a>
          </p>
          <h1 tabIndex={-1}>{name}</h1>
          {value !== undefined && <p class="quiet">{describeChampion(value)}</p>}
        </div>
        {value !== undefined && (
          <div class="head-actions">
            <a class="button" href={hrefOf('symbol', name)}>
              Open its chart
            </a>
            {rollback !== undefined && (
              <button type="button" class="button" onClick={() => setDecision({ plan: rollback, kind: 'rollback' })}>
                Roll back to version {rollback.version}…
              </button>
            )}
          </div>
        )}
      </div>
      {value !== undefined ? (
        value.versions.length === 0 ? (
          <Empty title="No versions yet" />
        ) : (
          <Versions
            name={name}
            detail={value}
            onPromote={(version) => setDecision({ plan: planPromotion(value, version), kind: 'promotion' })}
          />
        )
      ) : detail.error !== undefined ? (
        <Failure error={detail.error} onRetry={reload} />
      ) : (
        <div class="card">
          <Skeleton rows={6} label="Loading the versions" />
        </div>
      )}
      {decision !== undefined && (
        <Confirmation
          title={decision.plan.title}
          verb={decision.plan.verb}
          act={async () => {
            try {
              await carryOut(name, decision);
              hasActed.current = true;
            } finally {
              // Also after a refusal: the page then shows what stands now.
              reload();
            }
          }}
          explain={(error) => {
            if (!(error instanceof ApiError && error.code === 'VERSION_CONFLICT')) return undefined;
            return {
              message: 'the champion has changed since you opened this page, so nothing was done',
              hint: 'close this, look at the versions as they are now, and decide again',
            };
          }}
          onClose={() => setDecision(undefined)}
        >
          <ul class="sentences">
            {decision.plan.effects.map((effect) => (
              <li key={effect}>{effect}</li>
            ))}
          </ul>
          {decision.plan.cautions.map((caution) => (
            <p key={caution} class="notice">
              {caution}
            </p>
          ))}
        </Confirmation>
      )}
    </>
  );
}

async function carryOut(name: string, { plan, kind }: Decision): Promise<void> {
  const { version, expectedGeneration } = plan;
  if (kind === 'promotion') await api.promote(name, { version, expectedGeneration });
  else await api.rollback(name, { expectedGeneration });
  showToast(`Version ${version} of ${name} is in charge now.`);
  void reloadService();
}

function describeChampion({ summary: { champion, interval, source } }: ModelDetail): string {
  const what = `${interval} candles of ${source}`;
  return champion === null ? `${what} · no version is in charge` : `${what} · version ${champion.version} is in charge`;
}

interface VersionsProps {
  readonly name: string;
  readonly detail: ModelDetail;
  readonly onPromote: (version: VersionSummary) => void;
}

function Versions({ name, detail, onPromote }: VersionsProps) {
  const chosen = chosenVersions(detail.versions);
  const toggle = (version: number) => {
    const next = chosen.includes(version)
      ? chosen.filter((other) => other !== version)
      : [...chosen, version].slice(-2);
    navigate(hrefOf('models', name, { compare: next.length === 0 ? undefined : next.join(',') }), { replace: true });
  };
  return (
    <>
      <div class="card flush">
        <div class="card-head">
          <h2>Versions</h2>
          <p class="quiet">Figures of the report: on rows the version never saw. Tick two to compare them.</p>
        </div>
        <TableFrame label="Versions">
          <table class="rows">
            <caption class="unseen">Versions of {name}, newest first, with the figures of their reports</caption>
            <thead>
              <tr>
                <th scope="col">Compare</th>
                <th scope="col">Version</th>
                <th scope="col">Verdict</th>
                <th scope="col" class="number">
                  Test rows
                </th>
                <th scope="col" class="number" title="Against “no change”; above 0 is better than that">
                  R²
                </th>
                <th scope="col" class="number" title="Correlation of forecast and outcome">
                  IC
                </th>
                <th scope="col" class="number">
                  Right
                </th>
                <th scope="col" class="number" title="Chance of such a lead without any skill">
                  p
                </th>
                <th scope="col" class="number" title="Share of outcomes inside the 80 % interval">
                  Inside
                </th>
                <th scope="col" class="number" title="Of the signals, after costs">
                  Net return
                </th>
                <th scope="col" class="action-cell">
                  <span class="unseen">Action</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {detail.versions.map((version) => (
                <VersionRow
                  key={version.version}
                  version={version}
                  isChosen={chosen.includes(version.version)}
                  onToggle={() => toggle(version.version)}
                  onPromote={() => onPromote(version)}
                />
              ))}
            </tbody>
          </table>
        </TableFrame>
      </div>
      {chosen.length === 1 && <p class="quiet hint">Tick a second version to see the two side by side.</p>}
      {chosen.length === 2 && <VersionComparison name={name} left={Math.min(...chosen)} right={Math.max(...chosen)} />}
    </>
  );
}

interface VersionRowProps {
  readonly version: VersionSummary;
  readonly isChosen: boolean;
  readonly onToggle: () => void;
  readonly onPromote: () => void;
}

function VersionRow({ version, isChosen, onToggle, onPromote }: VersionRowProps) {
  const { test } = version;
  const promote =
    version.isChampion || !version.isIntact ? null : (
      <button type="button" class="button small" onClick={onPromote}>
        Promote…<span class="unseen"> version {version.version}</span>
      </button>
    );
  return (
    <tr class={isChosen ? 'chosen' : undefined}>
      <td>
        <input
          type="checkbox"
          class="tick"
          checked={isChosen}
          aria-label={`Compare version ${version.version}`}
          onChange={onToggle}
        />
      </td>
      <th scope="row">
        {version.version} {version.isChampion && <Tag text="Champion" kind="strong" />}
        {version.isPrevious && <Tag text="Previous" />}
        {version.isShadow && <Tag text="Shadow" kind="dashed" />}
        <span class="below">
          <Age timeMs={version.createdAtMs} /> · {version.engine} · seed {version.seed}
        </span>
        {promote !== null && <span class="action-below">{promote}</span>}
      </th>
      <td class="verdict-cell">
        {version.isIntact ? (
          <Badge word={describeVerdict(version.verdict)} isQuiet />
        ) : (
          <>
            <Badge word={{ text: 'Damaged', tone: 'bad', meaning: 'It cannot be loaded, so it cannot be promoted.' }} />
            {version.problem !== null && <span class="below wrap">{makeSentence(version.problem)}</span>}
          </>
        )}
      </td>
      <td class="number">{test === null ? '–' : formatCount(test.rows)}</td>
      <td class="number">{formatPercent(test?.r2 ?? null, 3, { isSigned: true })}</td>
      <td class="number">{formatNumber(test?.ic ?? null, 3, { isSigned: true })}</td>
      <td class="number">{formatPercent(test?.directionalAccuracy ?? null)}</td>
      <td class="number">{formatChance(test?.pValue ?? null)}</td>
      <td class="number">{formatPercent(test?.intervalCoverage ?? null)}</td>
      <td class="number">{formatPercent(test?.netReturn ?? null, 1, { isSigned: true })}</td>
      <td class="number action-cell">{promote}</td>
    </tr>
  );
}

/** The versions of the address that there are, at most two, in the order they were ticked. */
function chosenVersions(versions: readonly VersionSummary[]): number[] {
  const asked = (route.value.query.get('compare') ?? '').split(',').map(Number);
  return versions
    .map(({ version }) => version)
    .filter((version) => asked.includes(version))
    .slice(0, 2)
    .sort((a, b) => asked.indexOf(a) - asked.indexOf(b));
}
