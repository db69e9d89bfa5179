/** The product's mark. Decoration: the name stands beside it. */
export function Bell({ size = 32 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--brand)" />
      <path
        fill="var(--brand-ink)"
        d="M16 5.500a1.800 1.800 0 0 1 1.800 1.800v.6c3.300.8 5.400 3.600 5.400 7.200 0 4.300 1 5.900 2 6.900.5.5.2 1.500-.6 1.500H7.400c-.8 0-1.100-1-.6-1.500 1-1 2-2.600 2-6.900 0-3.600 2.100-6.400 5.400-7.200v-.6A1.800 1.800 0 0 1 16 5.500zm-3.200 19.300h6.400a3.200 3.200 0 0 1-6.400 0z"
      />
    </svg>
  );
}
