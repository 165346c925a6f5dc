import { Alert } from 'design-react-kit';
import type { ReactNode } from 'react';

interface NoticeProps {
  readonly tone: 'info' | 'warning' | 'danger' | 'success';
  readonly title?: string;
  readonly children: ReactNode;
}

/** A message in the page, announced as soon as it appears. */
export function Notice({ tone, title, children }: NoticeProps) {
  return (
    <Alert color={tone} fade={false} role={tone === 'danger' ? 'alert' : 'status'}>
      {title !== undefined && <p className="notice-title">{title}</p>}
      {children}
    </Alert>
  );
}
