/** Makes something once for each of the things that it is made of, e.g. a command for a process's settings. */
export function onceFor<Key extends object, Made>(make: (key: Key) => Made): (key: Key) => Made {
  const made = new WeakMap<Key, { readonly value: Made }>();
  return (key) => {
    let known = made.get(key);
    if (!known) made.set(key, known = { value: make(key) });
    return known.value;
  };
}
