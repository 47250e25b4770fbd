const PATHS: Record<string, string> = {
  review: 'M5 7h14a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2zM7 12h10',
  queue: 'M4 6h16M4 12h16M4 18h10',
  exports: 'M6 3h8l4 4v14H6zM14 3v4h4M12 11v6M9.5 14.5 12 17l2.5-2.5',
  search: 'M17 11a6 6 0 1 1-12 0 6 6 0 0 1 12 0zM20 20l-4.5-4.5',
  live: 'M3 12h4l3-7 4 14 3-7h4',
  alerts: 'M6 16h12l-1.5-2.5V10a4.5 4.5 0 0 0-9 0v3.5zM10 19h4',
  admin: 'M4 7h9M17 7h3M4 17h3M11 17h9M13 4.5h4v5h-4zM7 14.5h4v5H7z',
  quality: 'M4 20V4M4 20h16M8 16l4-5 3 3 5-7',
  log: 'M6 4h9l4 4v12H6zM14 4v5h5M9 13h7M9 17h7',
  me: 'M15.5 9a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0zM5 20c1-4 4-5.5 7-5.5s6 1.5 7 5.5',
};

export function Icon({ name }: { name: string }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name] ?? ''} />
    </svg>
  );
}
