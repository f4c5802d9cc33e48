// Scores cards with Drools: one stateful session a card, warmed up; a round for every line read.
// Arguments: the rules (DRL), the cards, processor seconds of warm-up. The cards are tab-separated: the section of every
// criterion; name:type of the fields of Card; then a line a card, which ends with the criteria that rules may look at
// ("number,state,evidence missing", separated by semicolons).

package bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.kie.api.KieBase;
import org.kie.api.definition.type.FactType;
import org.kie.api.io.ResourceType;
import org.kie.api.runtime.KieSession;
import org.kie.internal.utils.KieHelper;

public final class ScoreCards {
    private ScoreCards() {}

    /** Points of one card as the rules give them, and what rules do to them; plain doubles, in Drools' favour. */
    public static final class Outcome {
        public final double[] points = new double[64];
        public final boolean[] excluded = new boolean[64];
        public final boolean[] zeroed = new boolean[64];
        public final boolean[] zeroedSections = new boolean[16];
        public final double[] caps = new double[16];
        public final List<String> marks = new ArrayList<>();
        private final double[] deducted = new double[64];
        private final int[] deductedFrom = new int[64];

        public Outcome() {
            java.util.Arrays.fill(caps, Double.MAX_VALUE);
        }

        /** A rule takes points off a section, or off the total (section 0); said twice it counts once. */
        public void deduct(int rule, int section, double taken) {
            deducted[rule] = taken;
            deductedFrom[rule] = section;
        }

        /** The total: sections summed, zeroed or capped, less deductions. */
        double total() {
            double[] sums = new double[16];
            for (int i = 0; i < sectionOf.length; i++) {
                int section = sectionOf[i];
                if (!excluded[i] && !zeroed[i] && !zeroedSections[section]) sums[section] += points[i];
            }
            double[] taken = new double[16];
            for (int rule = 0; rule < deducted.length; rule++) taken[deductedFrom[rule]] += deducted[rule];
            double total = 0;
            for (int s = 1; s < sums.length; s++) total += Math.max(Math.min(sums[s], caps[s]) - taken[s], 0);
            return Math.max(total - taken[0], 0);
        }
    }

    private static final OperatingSystemMXBean processor =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private static final int PASSES = 10; // the system counts processor time in hundredths of a second
    private static KieBase base;
    private static int[] sectionOf;
    private static final List<List<Object>> cards = new ArrayList<>();

    public static void main(String[] arguments) throws Exception {
        base = new KieHelper().addContent(Files.readString(Path.of(arguments[0])), ResourceType.DRL).build();
        read(Path.of(arguments[1]));
        double seconds = Double.parseDouble(arguments[2]);
        long end = processor.getProcessCpuTime() + (long) (seconds * 1e9);
        int rounds = 0;
        while (processor.getProcessCpuTime() < end) {
            round(null);
            rounds++;
        }
        StringBuilder totals = new StringBuilder();
        int fired = round(totals);
        System.out.println(fired + "\t" + rounds + totals);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        while (input.readLine() != null) {
            long start = processor.getProcessCpuTime();
            for (int pass = 0; pass < PASSES; pass++) round(null);
            System.out.println((processor.getProcessCpuTime() - start) / 1e9 / PASSES);
        }
    }

    private static int round(StringBuilder totals) {
        int fired = 0;
        for (List<Object> facts : cards) {
            KieSession session = base.newKieSession();
            Outcome outcome = new Outcome();
            session.setGlobal("out", outcome);
            for (Object fact : facts) session.insert(fact);
            fired += session.fireAllRules();
            session.dispose();
            double total = outcome.total();
            if (totals != null) totals.append('\t').append(total);
        }
        return fired;
    }

    private static void read(Path path) throws Exception {
        List<String> lines = Files.readAllLines(path);
        String[] sections = lines.get(0).split("\t");
        sectionOf = new int[sections.length];
        for (int i = 0; i < sections.length; i++) sectionOf[i] = Integer.parseInt(sections[i]);
        String[] fields = lines.get(1).split("\t");
        FactType cardType = base.getFactType("xephang", "Card");
        FactType criterionType = base.getFactType("xephang", "Criterion");
        for (String line : lines.subList(2, lines.size())) {
            String[] values = line.split("\t", -1);
            List<Object> facts = new ArrayList<>();
            Object card = cardType.newInstance();
            for (int i = 0; i < fields.length; i++) {
                String[] field = fields[i].split(":");
                cardType.set(card, field[0], value(field[1], values[i]));
            }
            facts.add(card);
            for (String criterion : values[fields.length].split(";")) {
                if (criterion.isEmpty()) continue;
                String[] parts = criterion.split(",");
                Object fact = criterionType.newInstance();
                criterionType.set(fact, "number", Integer.parseInt(parts[0]));
                criterionType.set(fact, "state", parts[1]);
                criterionType.set(fact, "evidence_missing", parts[2].equals("1"));
                facts.add(fact);
            }
            cards.add(facts);
        }
    }

    private static Object value(String type, String text) {
        if (text.isEmpty()) return null;
        if (type.equals("Boolean")) return Boolean.valueOf(text);
        return type.equals("Integer") ? Integer.valueOf(text) : text;
    }
}
