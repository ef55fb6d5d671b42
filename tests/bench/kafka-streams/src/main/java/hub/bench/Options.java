package hub.bench;

import java.util.HashMap;
import java.util.Map;

/** The settings of one run, given as {@code name=value} arguments by the harness. */
final class Options {
    private final Map<String, String> values = new HashMap<>();

    static Options parse(String[] arguments) {
        Options options = new Options();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException(argument + ": give every setting as name=value");
            }
            options.values.put(argument.substring(0, equals), argument.substring(equals + 1));
        }
        return options;
    }

    String text(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("setting " + name + " is missing: give " + name + "=value");
        }
        return value;
    }

    String text(String name, String otherwise) {
        return values.getOrDefault(name, otherwise);
    }
}
