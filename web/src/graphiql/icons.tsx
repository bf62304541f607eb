// Two icons that GraphiQL does not have, drawn in its manner.

import type { ReactNode } from 'react';

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.3" aria-hidden="true">
      <path d="M1.2 8C3 4.9 5.3 3.5 8 3.5S13 4.9 14.8 8C13 11.1 10.7 12.5 8 12.5S3 11.1 1.2 8Z" />
      <circle cx="8" cy="8" r="2.1" />
      {children}
    </svg>
  );
}

export const EyeIcon = () => <Icon>{null}</Icon>;

export const EyeOffIcon = () => (
  <Icon>
    <path d="M3 13 13 3" />
  </Icon>
);
