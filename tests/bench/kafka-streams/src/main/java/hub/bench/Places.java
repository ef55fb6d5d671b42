package hub.bench;

import java.util.Set;
import java.util.regex.Pattern;

/** Administrative codes and coordinates, samples README 2.9 and 2.10. */
final class Places {
    private static final Set<String> DIVISIONS = Set.of(
            "230202", "230203", "230204", "230205", "230206", "230207", "230208", "230221", "230223", "230224",
            "230225", "230227", "230229", "230230", "230231", "230281");
    private static final Pattern DECIMAL = Pattern.compile("[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?");
    private static final int[] LENGTHS = {6, 9, 12, 15};
    private static final String[] MISMATCH = {null, "street_mismatch", "community_mismatch", "grid_mismatch"};

    final String[] codes = new String[4];
    Double lon;
    Double lat;
    String crs;

    boolean isEmpty() {
        return codes[0] == null && codes[1] == null && codes[2] == null && codes[3] == null && crs == null;
    }

    /** {@code 2302/230202/230202003/230202003005}: the level of a part is told by its length. */
    void readCodes(String ids, Set<String> flags) throws Rejected {
        if (ids == null) {
            return;
        }
        for (String part : ids.split("/")) {
            String code = part.strip();
            if (code.isEmpty()) {
                continue;
            }
            int level = level(code);
            if (level == -1) {
                if (!code.equals("2302")) {
                    throw new Rejected("unknown_division", "addressIds");
                }
            } else if (level == -2) {
                flags.add("code_bad");
            } else {
                codes[level] = code;
            }
        }
        for (int level = 2; level >= 0; level--) {
            if (codes[level] == null && codes[level + 1] != null) {
                codes[level] = codes[level + 1].substring(0, LENGTHS[level]);
            }
        }
        if (codes[0] != null && !DIVISIONS.contains(codes[0])) {
            throw new Rejected("unknown_division", "addressIds");
        }
        String above = codes[0];
        for (int level = 1; level < 4; level++) {
            if (codes[level] == null) {
                continue;
            }
            if (above != null && !codes[level].startsWith(above)) {
                flags.add(MISMATCH[level]);
                codes[level] = null;
            } else {
                above = codes[level];
            }
        }
    }

    private static int level(String code) {
        for (int i = 0; i < code.length(); i++) {
            if (code.charAt(i) < '0' || code.charAt(i) > '9') {
                return -2;
            }
        }
        return switch (code.length()) {
            case 4 -> -1;
            case 6 -> 0;
            case 9 -> 1;
            case 12 -> 2;
            case 15 -> 3;
            default -> -2;
        };
    }

    /** {@code lng,lat} in GCJ-02. */
    void readPoint(String points, Set<String> flags) {
        if (points == null) {
            return;
        }
        int comma = points.indexOf(',');
        if (comma < 0 || points.indexOf(',', comma + 1) >= 0) {
            flags.add("coord_bad");
            return;
        }
        String east = points.substring(0, comma).strip();
        String north = points.substring(comma + 1).strip();
        if (east.isEmpty() && north.isEmpty()) {
            return;
        }
        if (!DECIMAL.matcher(east).matches() || !DECIMAL.matcher(north).matches()) {
            flags.add("coord_bad");
            return;
        }
        double x = Double.parseDouble(east);
        double y = Double.parseDouble(north);
        if (!Double.isFinite(x) || !Double.isFinite(y)) {
            flags.add("coord_bad");
        } else if (x == 0 && y == 0) {
            flags.add("coord_zero");
        } else if (isInside(x, y)) {
            keep(x, y);
        } else if (isInside(y, x)) {
            flags.add("coord_swapped");
            keep(y, x);
        } else {
            flags.add("coord_out_of_area");
        }
    }

    private void keep(double x, double y) {
        lon = x;
        lat = y;
        crs = "GCJ02";
    }

    private static boolean isInside(double x, double y) {
        return x >= 122.0 && x <= 127.0 && y >= 45.5 && y <= 49.2;
    }
}
