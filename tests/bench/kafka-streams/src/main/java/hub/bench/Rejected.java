package hub.bench;

/** A record that can never be read; without a stack trace, as it is an outcome and not a fault. */
final class Rejected extends Exception {
    final String reason;
    final String field;

    Rejected(String reason, String field) {
        super(reason, null, false, false);
        this.reason = reason;
        this.field = field;
    }
}
