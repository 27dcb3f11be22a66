/** Small drawings, in the colour of the text around them; words always stand beside or behind them. */

import type { ComponentChildren } from 'preact';

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const OverviewIcon = () => (
  <Icon>
    <path d="M3 5h14M3 10h14M3 15h9" />
  </Icon>
);
export const ModelsIcon = () => (
  <Icon>
    <path d="M10 2.8l7 3.6-7 3.6-7-3.6zM3 10l7 3.6 7-3.6M3 13.6l7 3.6 7-3.6" />
  </Icon>
);
export const TrainingIcon = () => (
  <Icon>
    <path d="M3 3v14h14M6 6c1.5 5.5 4 7.5 10 8" />
  </Icon>
);
export const DataIcon = () => (
  <Icon>
    <ellipse cx="10" cy="5" rx="6.5" ry="2.4" />
    <path d="M3.5 5v10c0 1.3 2.9 2.4 6.5 2.400s6.5-1.1 6.5-2.400V5M3.5 10c0 1.3 2.9 2.4 6.5 2.400s6.5-1.1 6.5-2.4" />
  </Icon>
);
export const LedgerIcon = () => (
  <Icon>
    <path d="M5 2.800h9.500a1 1 0 0 1 1 1v12.400a1 1 0 0 1-1 1H5a1.5 1.5 0 0 1-1.5-1.500V4.300A1.5 1.5 0 0 1 5 2.800zM7 7h5.500M7 10.500h5.5" />
  </Icon>
);
export const SunIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="3.4" />
    <path d="M10 2v2M10 16v2M2 10h2M16 10h2M4.3 4.300l1.4 1.400M14.3 14.300l1.4 1.400M4.3 15.700l1.4-1.400M14.3 5.700l1.4-1.4" />
  </Icon>
);
export const MoonIcon = () => (
  <Icon>
    <path d="M16.5 12A7 7 0 0 1 8 3.500a7 7 0 1 0 8.5 8.500z" />
  </Icon>
);
export const ArrowLeftIcon = () => (
  <Icon>
    <path d="M12 4l-6 6 6 6" />
  </Icon>
);
export const ArrowRightIcon = () => (
  <Icon>
    <path d="M8 4l6 6-6 6" />
  </Icon>
);
export const ToEndIcon = () => (
  <Icon>
    <path d="M5 4l6 6-6 6M15 4v12" />
  </Icon>
);
export const PlusIcon = () => (
  <Icon>
    <path d="M10 4v12M4 10h12" />
  </Icon>
);
export const MinusIcon = () => (
  <Icon>
    <path d="M4 10h12" />
  </Icon>
);
