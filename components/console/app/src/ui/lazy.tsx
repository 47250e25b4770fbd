// A view that is loaded when it is first shown.
import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { found } from './content';
import { Failure } from './failure';

export function lazy<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P> {
  const loaded = signal<ComponentType<P> | null>(null);
  const failed = signal<unknown>(null);
  const start = () => {
    failed.value = null;
    load().then(
      (module) => {
        loaded.value = module.default;
      },
      (error: unknown) => {
        failed.value = error;
      },
    );
  };
  let started = false;
  return function Lazy(props: P) {
    if (!started) {
      started = true;
      start();
    }
    const View = loaded.value;
    useEffect(found, [View]);
    if (View) return <View {...props} />;
    return failed.value ? (
      <main class="page" id="content">
        <Failure error={failed.value} retry={start} />
      </main>
    ) : (
      <main id="content" />
    );
  };
}
